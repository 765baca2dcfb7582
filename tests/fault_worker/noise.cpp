#include "noise.hpp"

namespace fault {

using namespace std::string_literals;

const std::vector<Noise>& all_noise() {
  constexpr auto junk = Noise::Kind::junk;
  constexpr auto quiet = Noise::Kind::quiet;
  static const std::vector<Noise> lines = {
      // blank
      {quiet, ""},
      {quiet, " "},
      {quiet, " \t "},
      {quiet, "\r"},
      // what people print
      {junk, "Server listening on port 3000"},
      {junk, "Welcome to the plugin!"},
      {junk, "=========================="},
      {junk, "[INFO] 2026-01-01T00:00:00Z started"},
      {junk, "2026-01-01 00:00:00,000 WARNING root: no configuration"},
      {junk, "level=info msg=\"ready\" port=3000"},
      {junk, "npm WARN deprecated something@1.0.0: use another"},
      {junk, "(node:1) ExperimentalWarning: the feature may change at any time"},
      {junk, "Traceback (most recent call last):"},
      {junk, "  File \"plugin.py\", line 7, in <module>"},
      {junk, "panic: runtime error: index out of range"},
      {junk, "Segmentation fault (core dumped)"},
      {junk, "undefined"},
      {junk, "[object Object]"},
      {junk, "#!/usr/bin/env node"},
      {junk, "<html><body>502 Bad Gateway</body></html>"},
      {junk, "<?xml version=\"1.0\"?>"},
      {junk, "---"},
      {junk, "key: value"},
      {junk, "a,b,c"},
      {junk, "Content-Length: 52"},
      {junk, "HTTP/1.1 200 OK"},
      {junk, "data: {\"jsonrpc\":\"2.0\",\"id\":@,\"result\":1}"},
      // terminals
      {junk, "\x1b[32mready\x1b[0m"},
      {junk, "\x1b[2J\x1b[H"},
      {junk, "\x1b]0;a title\a"},
      {junk, "\x1b[32m{\"jsonrpc\":\"2.0\",\"id\":@,\"result\":1}\x1b[0m"},
      {junk, "10%\r50%\r100%"},
      {junk, "\b\b\b"},
      {junk, "\a"},
      {junk, "\xE2\xA0\x8B loading \xE2\x9C\x93"},
      // half JSON
      {junk, "{"},
      {junk, "}"},
      {junk, "["},
      {junk, "]"},
      {junk, "\""},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":@,\"resu"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":@,\"result\":1"},
      {junk, "\"jsonrpc\":\"2.0\",\"id\":@,\"result\":1}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":@,\"result\":1}}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":@,\"result\":1},"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":@,\"result\":1,}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":@ \"result\":1}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":@,\"result\":\"one"},
      {junk,
       "{\"jsonrpc\":\"2.0\",\"id\":@,\"result\":1}{\"jsonrpc\":\"2.0\",\"id\":@,\"result\":2}"},
      // nearly JSON
      {junk, "{bad}"},
      {junk, "{'jsonrpc':'2.0','id':@,'result':1}"},
      {junk, "{jsonrpc:\"2.0\",id:@,result:1}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":@,\"result\":NaN}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":@,\"result\":undefined}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":@,\"result\":True}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":0@,\"result\":1}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":+@,\"result\":1}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":@,\"result\":1} // done"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":@,\"result\":\"\t\"}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":@,\"result\":\"\\x41\"}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":@,\"result\":\"\\u12\"}"},
      {junk, "NaN"},
      {junk, "-Infinity"},
      {junk, "01"},
      // JSON that is no JSON-RPC
      {junk, "{}"},
      {junk, "[]"},
      {junk, "null"},
      {junk, "true"},
      {junk, "7"},
      {junk, "@"},
      {junk, "-0.5e3"},
      {junk, "\"text\""},
      {junk, "{\"level\":30,\"time\":1767225600000,\"msg\":\"ready\"}"},
      {junk, "{\"id\":@,\"result\":1}"},
      {junk, "{\"jsonrpc\":\"1.0\",\"id\":@,\"result\":1}"},
      {junk, "{\"jsonrpc\":\"2.1\",\"id\":@,\"result\":1}"},
      {junk, "{\"jsonrpc\":2.0,\"id\":@,\"result\":1}"},
      {junk, "{\"jsonrpc\":null,\"id\":@,\"result\":1}"},
      {junk, "{\"JSONRPC\":\"2.0\",\"id\":@,\"result\":1}"},
      {junk, "{\"jsonrpc\":\"2.0\"}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":@}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":@,\"Result\":1}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"result\":1}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32603,\"message\":\"no id\"}}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"method\":7}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"log\"}"},
      {junk,
       "[{\"jsonrpc\":\"2.0\",\"id\":@,\"result\":1},{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":2}]"},
      {junk, "[[{\"jsonrpc\":\"2.0\",\"id\":@,\"result\":1}]]"},
      // answers to what nobody asked
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":999999999,\"result\":\"nobody asked\"}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":1}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":-@,\"result\":1}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":\"@\",\"result\":1}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":@.5,\"result\":1}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":18446744073709551616,\"result\":1}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":1e400,\"result\":1}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":[@],\"result\":1}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":{\"id\":@},\"result\":1}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":true,\"result\":1}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":@,\"id\":\"x\",\"result\":\"the last id counts\"}"},
      {quiet, "{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":\"as to a notification\"}"},
      {quiet,
       "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"Parse error\"}}"},
      // messages that nobody waits for
      {quiet, "{\"jsonrpc\":\"2.0\",\"method\":\"no.such.notification\",\"params\":{}}"},
      {quiet, "{\"jsonrpc\":\"2.0\",\"method\":\"\"}"},
      {quiet, "{\"jsonrpc\":\"2.0\",\"method\":\"log\"}"},
      {quiet, "{\"jsonrpc\":\"2.0\",\"method\":\"log\",\"params\":[]}"},
      {quiet, "{\"jsonrpc\":\"2.0\",\"method\":\"log\",\"params\":7}"},
      {quiet, "{\"jsonrpc\":\"2.0\",\"method\":\"log\",\"params\":{\"level\":7,\"message\":{}}}"},
      {quiet, "{\"jsonrpc\":\"2.0\",\"id\":\"mine\",\"method\":\"no.such.method\"}"},
      // bytes that are no text
      {junk, "not UTF-8: \xFF\xFE\xC0\x80"},
      {junk, "\xEF\xBB\xBF{\"jsonrpc\":\"2.0\",\"id\":@,\"result\":1}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":@,\"result\":\"\xED\xA0\x80\"}"},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":@,\"result\":\"\xC3\"}"},
      {junk, "a NUL: \0 and more"s},
      {junk, "{\"jsonrpc\":\"2.0\",\"id\":@,\0\"result\":1}"s},
      // long and deep
      {junk, std::string(10'000, 'x')},
      {junk, std::string(10'000, '[')},
      {junk, std::string(2'000, '[') + std::string(2'000, ']')},
  };
  return lines;
}

std::string noise_line(const Noise& noise, const std::string& id) {
  std::string line;
  for (const char c : noise.line) {
    if (c == '@') {
      line += id;
    } else {
      line += c;
    }
  }
  return line;
}

}  // namespace fault
