#include "schema/feeds/alphahub/login.h"

#include <algorithm>

#include "schema/base/text.h"
#include "schema/feeds/alphahub/wire.h"

namespace tapedeck::alphahub {

namespace {

constexpr std::string_view kToken = "token";

void collect(Json value, std::vector<std::string_view>& secrets) {
  if (value.is_object() || value.is_array()) {
    for (Json member = value.first(); member.exists(); member = member.next()) {
      collect(member, secrets);
    }
  } else if (value.key().find(kToken) != std::string_view::npos && !value.scalar().empty()) {
    secrets.push_back(value.scalar());
    // As it stands in the answer, where escapes make that another text.
    std::string_view sent = value.raw();
    if (value.is_string()) sent = sent.substr(1, sent.size() - 2);
    if (sent != value.scalar()) secrets.push_back(sent);
  }
}

// What stands in quotes after each `token": `, to the end where no quote follows.
void collect_from_text(std::string_view text, std::vector<std::string_view>& secrets) {
  for (std::size_t at = text.find(kToken); at != std::string_view::npos; at = text.find(kToken)) {
    text.remove_prefix(at + kToken.size());
    const std::size_t begin = std::min(text.find_first_not_of("\"': \t\r\n"), text.size());
    const std::string_view rest = text.substr(begin);
    const std::string_view value = rest.substr(0, rest.find_first_of("\"',} \t\r\n"));
    if (!value.empty()) secrets.push_back(value);
  }
}

// Views into `doc` or `body`.
std::vector<std::string_view> secrets_in(const JsonDoc& doc, std::string_view body) {
  std::vector<std::string_view> secrets;
  if (doc.root().exists()) {
    collect(doc.root(), secrets);
  } else {
    collect_from_text(body, secrets);
  }
  return secrets;
}

void explain_refusal(const RestResponse& response, Json body, LoginAnswer& answer) {
  if (response.status == 0) {
    answer.why = "the login got no answer: " + response.error;
    return;
  }
  std::string what = "HTTP " + std::to_string(response.status);
  if (const std::string reason = reason_in(body); !reason.empty()) what += ", " + reason;
  if (response.status == 401 || response.status == 403 || response.status == 422) {
    answer.failure = Failure::permanent;
    answer.why = "the service refused the login (" + what +
                 "): correct feeds.alphahub.email and feeds.alphahub.password";
    return;
  }
  answer.why = "the login failed (" + what + ")";
  if (response.status == 404) {
    answer.why +=
        "; if that goes on, check feeds.alphahub.rest_url and feeds.alphahub.rest.session_path";
  }
}

}  // namespace

RestRequest login_request(const Settings& settings) {
  RestRequest request;
  request.purpose = "login";
  request.method = "POST";
  request.url = settings.rest_url + settings.rest.session;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = percent_encode("user[email]") + "=" + percent_encode(settings.email) + "&" +
                 percent_encode("user[password]") + "=" + percent_encode(settings.password);
  return request;
}

LoginAnswer read_login(const RestResponse& response) {
  LoginAnswer answer;
  JsonDoc doc;
  doc.parse(response.body);
  for (const std::string_view secret : secrets_in(doc, response.body)) {
    answer.secrets.emplace_back(secret);
  }
  if (response.status < 200 || response.status > 299) {
    explain_refusal(response, doc.root(), answer);
    return answer;
  }
  answer.token = doc.root()["data"]["token"].text();
  if (answer.token.empty()) {
    answer.why = "the login's answer (HTTP " + std::to_string(response.status) +
                 ") has no token at data.token; if that goes on, check feeds.alphahub.rest_url";
  }
  return answer;
}

}  // namespace tapedeck::alphahub
