// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <set>
#include <string>

#include "overlay/changes.h"
#include "overlay/config.h"
#include "overlay/encryption.h"
#include "overlay/etcd/client.h"
#include "overlay/etcd/mirror.h"
#include "overlay/grants.h"
#include "overlay/lease.h"
#include "overlay/local.h"
#include "overlay/tunnels.h"
#include "overlay/view.h"

namespace ocinet::overlay {

/// One host's part in the overlay networks that etcd holds together. It knows three sides (what
/// etcd says, what this host is and has, what the kernel was told), and whatever changes on one of
/// them, it brings the others nearer to it, a step at a time: a step that was lost, or came from an
/// earlier life of the program, is found missing, and made again.
class Overlay {
public:
    /// `directory`: where the completions are written, and this host's instance is kept. All of it
    /// must outlive this.
    Overlay(Loop& loop, const Config& config, std::string host_name, std::string directory);

    /// Gives the lease back, so that the others forget this host at once; then stops the loop.
    void leave();

private:
    void etcd_changed(bool anew);
    void host_changed(const std::set<std::string>& networks);
    void links_changed();
    void everything_changed();
    void apply(const std::set<std::string>& networks);
    void try_again();
    bool attempt(const std::string& about, const std::function<void()>& act);
    bool encrypt();
    void tell_kernel(const std::string& network, const Definition& definition,
                     const View::Difference& difference);
    void write_completion(const std::string& network);
    void step();
    void settle(const Change& change, const nlohmann::json& answer);
    void answer_asked();
    Here here() const;
    /// `what` could not be brought to etcd.
    void failed(Error error, const std::string& what = "");
    void report(Problems problems);

    Loop& loop_;
    const Config& config_;
    std::string directory_;
    Self self_;
    Local local_;
    Tunnels tunnels_;
    Encryption encryption_;
    View view_;
    etcd::Client client_;
    etcd::Mirror mirror_;
    Lease lease_;
    Grants grants_;
    Timer step_timer_;
    Timer awaited_timer_;
    /// What failed on etcd as it is now.
    std::set<std::string> stuck_;
    /// A transaction is under way.
    bool busy_ = false;
    /// What the last one changed is not known yet before this revision.
    std::int64_t awaited_ = 0;
    std::string last_failure_;
    /// Keys of single addresses that etcd was told to take back: it may have, and another host have
    /// them, until it says what became of them.
    std::set<std::string> doubted_;
    /// What could not be done here, and why, by what it is about.
    Problems undone_;
    Problems reported_;
};

} // namespace ocinet::overlay
