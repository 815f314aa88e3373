// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "malla/chain/callback.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace malla::plugins {

using HttpField = std::pair<std::string, std::string>;

/// What came to a listener of `Httpd`. Lives for the call only.
struct HttpRequest {
    std::string_view listener; ///< its name
    std::string_view method;   ///< "GET"
    std::string_view path;     ///< decoded, without the query
    std::string_view body;
    std::span<const HttpField> query{};   ///< decoded, with the fields of a form that is the body
    std::span<const HttpField> headers{}; ///< names as they were sent
};

struct HttpAnswer {
    int code = 200; ///< from 200 to 599; anything else is a mistake, and answered as 500
    std::string body{};
    std::string content_type = "text/plain; charset=utf-8";
    /// Further ones. What frames the answer, such as Content-Length, is not for the handler to say.
    std::vector<HttpField> headers{};
};

/// Answers a request. Comes from the listener's threads, several at once, beside the calls of the
/// service, so that it is answered while they run; and only while the plugins are started. A status
/// is answered by its code and its sentence, an exception by its public status.
struct HttpdRequest : Callback<"httpd_request(request)", HttpAnswer(const HttpRequest&)> {
    static HttpAnswer default_answer() { return {.code = 404, .body = "Not found"}; }
};

} // namespace malla::plugins
