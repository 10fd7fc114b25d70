// SPDX-License-Identifier: GPL-2.0-or-later
#include "overlay/etcd/client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>

#include "netsetup/base/text.h"
#include "oci-config/json.h"

namespace ocinet::etcd {

namespace {

constexpr std::size_t largest_answer = std::size_t(64) << 20;
constexpr long answer_limit_ms = 1000;
constexpr unsigned silence_limit_ms = 5000;

// Of gRPC (google.golang.org/grpc/codes), which the gateway passes on.
constexpr int unavailable = 14;
constexpr int unauthenticated = 16;

using Easy = std::unique_ptr<CURL, void (*)(CURL*)>;
using Headers = std::unique_ptr<curl_slist, void (*)(curl_slist*)>;

template <typename Value>
void set(const Easy& easy, CURLoption option, Value value) {
    if (const CURLcode code = curl_easy_setopt(easy.get(), option, value); code != CURLE_OK) {
        throw Error(std::string("libcurl: ") + curl_easy_strerror(code));
    }
}

void add(Headers& headers, const std::string& line) {
    headers.reset(curl_slist_append(headers.release(), line.c_str()));
    if (!headers) {
        throw std::bad_alloc();
    }
}

// A watch is silent for as long as nothing changes: the kernel finds out that nobody is there.
int watch_for_silence(void*, curl_socket_t fd, curlsocktype) {
    const int on = 1;
    const int idle = 2;
    const int limit = silence_limit_ms;
    const bool done = ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) == 0 &&
                      ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle) == 0 &&
                      ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &on, sizeof on) == 0 &&
                      ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit) == 0;
    return done ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR;
}

// What etcd says is wrong: {"error": TEXT, "code": N}, and for streams {"error": {"message": …}}.
struct Refusal {
    std::string text;
    int code = 0;
};

Refusal read_refusal(const std::string& answer) {
    const auto json = nlohmann::json::parse(answer, nullptr, false);
    if (!json.is_object()) {
        return {.text = printable(answer.substr(0, 200))};
    }
    const auto& body = json.contains("error") && json["error"].is_object() ? json["error"] : json;
    Refusal refusal;
    for (const char* key : {"message", "error"}) {
        if (refusal.text.empty() && body.contains(key) && body[key].is_string()) {
            refusal.text = printable(body[key].get<std::string>());
        }
    }
    for (const char* key : {"code", "grpc_code"}) {
        if (body.contains(key) && body[key].is_number_integer()) {
            refusal.code = body[key].get<int>();
        }
    }
    return refusal;
}

} // namespace

struct Client::Transfer {
    std::string path;
    std::string request;
    Then then;
    Otherwise otherwise;
    /// Of a stream.
    Message message = {};
    /// Why each endpoint failed that was tried.
    std::vector<std::string> failures = {};
    /// The one that it is sent to.
    std::size_t endpoint = 0;
    bool logged_in_anew = false;

    overlay::Loop::Finished finished = {};
    std::string answer = {};
    std::array<char, CURL_ERROR_SIZE> problem = {};
    overlay::Timer* streamed = nullptr;
    Headers headers{nullptr, curl_slist_free_all};
    Easy easy{nullptr, curl_easy_cleanup};

    static std::size_t take(const char* data, std::size_t, std::size_t size, void* self);
    void prepare(const std::string& url, const std::string& token, const Access& access);
    bool is_stream() const { return bool(message); }
    bool hear_lines();
    void hear_answer() const;
};

std::size_t Client::Transfer::take(const char* data, std::size_t, std::size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    if (transfer.answer.size() + size > largest_answer) {
        return 0; // an error of the transfer
    }
    transfer.answer.append(data, size);
    if (transfer.is_stream()) {
        transfer.streamed->start(std::chrono::milliseconds(0));
    }
    return size;
}

void Client::Transfer::prepare(const std::string& url, const std::string& token,
                               const Access& access) {
    answer.clear();
    problem.front() = '\0';
    headers.reset();
    add(headers, "Content-Type: application/json");
    if (!token.empty()) {
        add(headers, "Authorization: " + token);
    }
    if (is_stream()) {
        add(headers, "Grpc-Metadata-Hasleader: true"); // else it waits for one, and says nothing
    }
    easy.reset(curl_easy_init());
    if (!easy) {
        throw std::bad_alloc();
    }
    set(easy, CURLOPT_URL, (url + path).c_str());
    set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    set(easy, CURLOPT_PROXY, "");
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_HTTPHEADER, headers.get());
    set(easy, CURLOPT_POSTFIELDS, request.data());
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.size()));
    set(easy, CURLOPT_WRITEFUNCTION, &Transfer::take);
    set(easy, CURLOPT_WRITEDATA, this);
    set(easy, CURLOPT_ERRORBUFFER, problem.data());
    set(easy, CURLOPT_PRIVATE, &finished);
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, answer_limit_ms);
    set(easy, CURLOPT_SOCKOPTFUNCTION, &watch_for_silence); // a watch may get the connection later
    if (!is_stream()) {
        set(easy, CURLOPT_TIMEOUT_MS, answer_limit_ms);
    }
    for (const auto& [option, file] : {std::pair(CURLOPT_CAINFO, &access.ca),
                                       {CURLOPT_SSLCERT, &access.certificate},
                                       {CURLOPT_SSLKEY, &access.key}}) {
        if (!file->empty()) {
            set(easy, option, file->c_str());
        }
    }
}

// One message a line. Whether more may come.
bool Client::Transfer::hear_lines() {
    std::size_t at = 0;
    bool goes_on = true;
    try {
        for (auto end = answer.find('\n'); goes_on && end != std::string::npos;
             end = answer.find('\n', at)) {
            const auto line = oci::parse_json(answer.substr(at, end - at), "etcd's answer");
            if (!line.contains("result")) {
                break; // an error, for whoever hears of the end
            }
            goes_on = message(line.at("result"));
            at = end + 1;
        }
    } catch (const std::exception& error) { // whatever it is that came
        failures.emplace_back(error.what());
        goes_on = false;
    }
    answer.erase(0, at);
    return goes_on;
}

void Client::Transfer::hear_answer() const {
    try {
        then(oci::parse_json(answer, "etcd's answer"));
    } catch (const std::exception& error) { // whatever it is that came
        otherwise(Error("etcd's answer to " + path + " cannot be understood: " + error.what()));
    }
}

Client::Client(overlay::Loop& loop, Access access)
    : loop_(loop), access_(std::move(access)), streamed_(loop, [this] { hear_streams(); }) {}

Client::~Client() {
    for (const auto& transfer : running_) {
        loop_.remove(transfer->easy.get());
    }
}

void Client::call(const std::string& path, const nlohmann::json& request, Then then,
                  Otherwise otherwise) {
    begin(std::make_unique<Transfer>(
        Transfer{path, request.dump(), std::move(then), std::move(otherwise)}));
}

void Client::watch(const nlohmann::json& request, Message message, Otherwise ended) {
    begin(std::make_unique<Transfer>(
        Transfer{"/v3/watch", request.dump(), {}, std::move(ended), std::move(message)}));
}

void Client::begin(Owned transfer) {
    if (access_.user.empty() || !token_.empty()) {
        send(std::move(transfer));
        return;
    }
    waiting_.push_back(std::move(transfer));
    if (!logging_in_) {
        log_in();
    }
}

void Client::send(Owned transfer) {
    Transfer& which = *transfer;
    which.finished = [this, &which](CURLcode code) { finished(which, code); };
    which.streamed = &streamed_;
    which.endpoint = current_;
    which.prepare(access_.endpoints[current_], token_, access_);
    loop_.add(which.easy.get());
    running_.push_back(std::move(transfer));
}

// For all who wait for a token.
void Client::log_in() {
    logging_in_ = true;
    const nlohmann::json who{{"name", access_.user}, {"password", access_.password}};
    const auto wake = [this](const std::function<void(Owned)>& how) {
        logging_in_ = false;
        for (auto& transfer : std::exchange(waiting_, {})) {
            how(std::move(transfer));
        }
    };
    auto transfer = std::make_unique<Transfer>(
        Transfer{"/v3/auth/authenticate", who.dump(),
                 [this, wake](const nlohmann::json& answer) {
                     token_ = answer.at("token").get<std::string>();
                     wake([this](Owned waiting) { send(std::move(waiting)); });
                 },
                 [this, wake](const Error& error) {
                     wake([&](Owned waiting) { waiting->otherwise(error); });
                 }});
    transfer->logged_in_anew = true; // it is not to wait for itself
    send(std::move(transfer));
}

Client::Owned Client::take(const Transfer& which) {
    const auto at = std::find_if(running_.begin(), running_.end(),
                                 [&](const Owned& one) { return one.get() == &which; });
    Owned transfer = std::move(*at);
    running_.erase(at);
    return transfer;
}

void Client::finished(Transfer& which, CURLcode code) {
    Owned transfer = take(which);
    long status = 0;
    curl_easy_getinfo(transfer->easy.get(), CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) {
        const std::string why =
            transfer->problem.front() != '\0' ? transfer->problem.data() : curl_easy_strerror(code);
        try_next(std::move(transfer), printable(why));
    } else if (status != 200 || transfer->is_stream()) {
        refused(std::move(transfer), status);
    } else {
        transfer->hear_answer();
    }
}

void Client::refused(Owned transfer, long status) {
    if (transfer->is_stream() && status == 200) {
        transfer->hear_lines();
    }
    const Refusal refusal = read_refusal(transfer->answer);
    const std::string why =
        refusal.text.empty() ? "HTTP status " + std::to_string(status) : refusal.text;
    if (refusal.code == unauthenticated && !transfer->logged_in_anew && !access_.user.empty()) {
        transfer->logged_in_anew = true;
        token_.clear();
        begin(std::move(transfer));
    } else if (refusal.code == unavailable || status == 503) {
        try_next(std::move(transfer), why);
    } else {
        transfer->otherwise(Error("etcd at " + access_.endpoints[transfer->endpoint] + ": " + why));
    }
}

// A stream that has begun is not begun again: what was missed, only its owner knows.
void Client::try_next(Owned transfer, const std::string& why) {
    transfer->failures.push_back(access_.endpoints[transfer->endpoint] + ": " + why);
    if (transfer->endpoint == current_) { // others have not gone on from it already
        current_ = (current_ + 1) % access_.endpoints.size();
    }
    if (!transfer->is_stream() && transfer->failures.size() < access_.endpoints.size()) {
        send(std::move(transfer));
        return;
    }
    transfer->otherwise(Error("no etcd answers: " + join(transfer->failures, "; ")));
}

void Client::hear_streams() {
    std::vector<Transfer*> streams;
    for (const auto& transfer : running_) {
        if (transfer->is_stream()) {
            streams.push_back(transfer.get());
        }
    }
    for (Transfer* stream : streams) {
        if (!stream->hear_lines()) {
            // Also where it does not know the token any more, of which it says nothing else
            // (server/etcdserver/api/v3rpc/watch.go: isWatchPermitted()).
            token_.clear();
            loop_.remove(stream->easy.get());
            const auto transfer = take(*stream);
            transfer->otherwise(
                Error("the watch has ended" + (transfer->failures.empty()
                                                   ? std::string()
                                                   : ": " + join(transfer->failures, "; "))));
        }
    }
}

} // namespace ocinet::etcd
