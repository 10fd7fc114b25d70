// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/overlay.h"

#include <algorithm>

#include "netsetup/base/file.h"
#include "netsetup/base/log.h"
#include "netsetup/base/text.h"
#include "overlay/addresses.h"
#include "overlay/notify.h"
#include "overlay/own_directory.h"

namespace ocinet::overlay {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds retry_pause(500);
constexpr milliseconds patience(2000);
// Until what could not be read or done here is tried again.
constexpr milliseconds undone_pause(5000);
constexpr std::size_t largest_file = 1 << 20;

} // namespace

Overlay::Overlay(Loop& loop, const Config& config, std::string host_name, std::string directory)
    : loop_(loop), config_(config), directory_(std::move(directory)),
      self_{.name = std::move(host_name),
            .instance = own_instance(directory_),
            .address = config.address,
            .wireguard_port = config.wireguard_port},
      encryption_(directory_, config.address, config.wireguard_port),
      view_({config.prefix, self_.name, config.address}), client_(loop, config.etcd),
      mirror_(loop, client_, config.prefix + "/",
              {.put =
                   [this](const etcd::KeyValue& now) {
                       doubted_.erase(now.key);
                       view_.put(now);
                   },
               .gone =
                   [this](const std::string& key) {
                       doubted_.erase(key);
                       view_.gone(key);
                   },
               .settled = [this](bool anew) { etcd_changed(anew); },
               .failed = [this](const Error& error) { failed(error); }}),
      lease_(
          loop, client_, config.ttl,
          {.granted = [this] { step(); }, .failed = [this](const Error& error) { failed(error); }}),
      grants_(loop, oci::grants, [this] { host_changed(local_.refresh()); }),
      step_timer_(loop,
                  [this] {
                      stuck_.clear();
                      everything_changed();
                  }),
      awaited_timer_(loop, [this] {
          awaited_ = 0; // what was said was said already
          step();
      }) {
    loop_.when_readable(local_.descriptor(), [this] { host_changed(local_.refresh()); });
    loop_.when_readable(tunnels_.descriptor(), [this] { links_changed(); });
    lease_.begin();
}

void Overlay::leave() {
    notify("STOPPING=1");
    lease_.end([this] { loop_.stop(); });
}

void Overlay::etcd_changed(bool anew) {
    stuck_.clear();
    if (anew) {
        awaited_ = 0;
    }
    if (anew || !last_failure_.empty()) {
        notify("STATUS=etcd answers");
    }
    if (!last_failure_.empty()) {
        log::info("etcd answers");
        last_failure_.clear();
    }
    apply(view_.take_changed());
    step();
    try_again();
}

void Overlay::host_changed(const std::set<std::string>& networks) {
    apply(networks);
    step();
    try_again();
}

// Links whose networks are not known yet may be those of any that has none.
void Overlay::links_changed() {
    auto networks = tunnels_.changed();
    for (const auto& [name, network] : local_.networks) {
        if (!tunnels_.knows(name)) {
            networks.insert(name);
        }
    }
    host_changed(networks);
}

void Overlay::everything_changed() {
    local_.refresh();
    std::set<std::string> all;
    for (const auto& [name, network] : local_.networks) {
        all.insert(name);
    }
    host_changed(all);
}

void Overlay::try_again() {
    if ((!local_.problems.empty() || !undone_.empty()) && !step_timer_.is_running()) {
        step_timer_.start(undone_pause);
    }
}

bool Overlay::attempt(const std::string& about, const std::function<void()>& act) {
    undone_.erase(about);
    try {
        act();
        return true;
    } catch (const Error& error) {
        undone_[about] = error.message();
        return false;
    }
}

void Overlay::apply(const std::set<std::string>& networks) {
    if (!mirror_.is_complete()) {
        return; // what is known of others is what the kernel was told before
    }
    const bool can_encrypt = encrypt();
    for (const auto& name : networks) {
        const std::string about = "network \"" + name + "\"";
        undone_.erase(about);
        const auto local = local_.networks.find(name);
        const auto* definition = view_.definition(name);
        const auto difference = view_.take_difference(name);
        if (local == local_.networks.end() || !definition ||
            !contradiction(local->second, *definition).empty() ||
            (definition->encrypted && !can_encrypt)) {
            tunnels_.forget(name);
            continue; // the kernel keeps what it was told, and the hook what it knew
        }
        attempt(about, [&] {
            if (definition->control == oci::Overlay::Control::etcd) {
                tell_kernel(name, *definition, difference);
            }
            write_completion(name);
        });
    }
}

// Before any tunnel, and before the host says that it is there: what leads by the interface is lost
// without it.
bool Overlay::encrypt() {
    const bool wanted =
        std::any_of(local_.networks.begin(), local_.networks.end(), [&](const auto& network) {
            const auto* definition = view_.definition(network.first);
            return definition && definition->encrypted;
        });
    self_.public_key.reset();
    return attempt("encrypted networks", [&] {
        if (wanted) { // else the interface stays: containers may still be there
            self_.public_key = encryption_.ensure();
            encryption_.apply(view_.peers());
        }
    });
}

void Overlay::tell_kernel(const std::string& network, const Definition& definition,
                          const View::Difference& difference) {
    Tunnels::Network here{.name = network, .bridge = local_.networks.at(network).interface};
    if (!definition.encrypted) { // else WireGuard lets nobody else in
        here.guarded = {.network = network, .port = definition.port, .vni = definition.vni};
    }
    for (const auto& [id, container] : local_.containers[network]) {
        here.own.insert(container.mac);
    }
    tunnels_.apply(here, view_.elsewhere(network), difference);
}

void Overlay::write_completion(const std::string& network) {
    const auto now = completion(view_, self_, network);
    const Fd directory = open_own(directory_);
    const std::string name = network + ".json";
    const auto before = read_file(directory.get(), name, largest_file);
    // What this host does not have any more it does not give any more.
    if (now && (now->is_whole || before) && before != now->text) {
        replace_file(directory.get(), name, now->text, 0644);
    }
}

// One at a time, and the next one once it is known what the last one changed.
void Overlay::step() {
    self_.lease = lease_.id();
    if (busy_ || self_.lease == 0 || !mirror_.is_complete() || mirror_.revision() < awaited_) {
        return;
    }
    awaited_timer_.stop();
    answer_asked();
    Problems problems;
    auto change = next_change(view_, self_, here(), stuck_, problems);
    for (const auto& source : {view_.problems(), local_.problems, undone_}) {
        problems.insert(source.begin(), source.end());
    }
    report(std::move(problems));
    if (!change) {
        return;
    }
    busy_ = true;
    if (!change->gives_back.empty()) {
        doubted_.insert(change->gives_back);
    }
    client_.call(
        "/v3/kv/txn", change->transaction,
        [this, change = *change](const nlohmann::json& answer) {
            busy_ = false;
            settle(change, answer);
        },
        [this, what = change->what](const Error& error) {
            busy_ = false;
            stuck_.insert(what);
            failed(error, what);
            step_timer_.start(retry_pause);
            if (error.message().find("lease not found") != std::string::npos) {
                lease_.lose();
            }
        });
}

void Overlay::settle(const Change& change, const nlohmann::json& answer) {
    if (etcd::has_succeeded(answer) && !change.asks_about.empty()) {
        doubted_.erase(change.asks_about);
    } else if (etcd::has_succeeded(answer)) {
        log::info(change.what);
        awaited_ = etcd::revision_of(answer);
        awaited_timer_.start(patience);
    } else {
        stuck_.insert(change.what); // until the watch brings what was not known
        step_timer_.start(patience);
    }
    step();
}

Here Overlay::here() const {
    return {.networks = local_.networks,
            .containers = local_.containers,
            .asked = grants_.asked(),
            .knows_all_containers = local_.knows_all_containers(),
            .doubted = doubted_};
}

// Where nothing is under way, so that what is this host's stays that.
void Overlay::answer_asked() {
    const Here here = this->here();
    grants_.answer([this, &here](const std::string& network,
                                 const IpAddress& address) -> std::optional<std::string> {
        const auto local = local_.networks.find(network);
        if (local == local_.networks.end()) {
            return "etcd has nothing to say of this host's network";
        }
        const auto* definition = view_.definition(network);
        if (!definition) {
            return std::nullopt;
        }
        const std::string key = contradiction(local->second, *definition);
        return key.empty() ? judge_asked({view_, self_, network, *definition, here}, address)
                           : "this host's file has another \"" + key + "\" than etcd";
    });
}

// Each kind once: libcurl's words hold times.
void Overlay::failed(Error error, const std::string& what) {
    grants_.give_up(patience, error.message());
    if (!what.empty()) {
        error.in(what);
    }
    std::string kind = error.message();
    std::erase_if(kind, [](char letter) { return letter >= '0' && letter <= '9'; });
    if (last_failure_ != kind) {
        log::warning(error);
        notify("STATUS=" + printable(error.message()));
        last_failure_ = kind;
    }
}

// Each once, as long as it lasts.
void Overlay::report(Problems problems) {
    for (const auto& [about, what] : problems) {
        const auto before = reported_.find(about);
        if (before == reported_.end() || before->second != what) {
            log::warning(about + ": " + what);
        }
    }
    reported_ = std::move(problems);
}

} // namespace ocinet::overlay
