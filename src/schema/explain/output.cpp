// The output formats of JSON Schema: 2020-12 core, section 12.4; the same in 2019-09, section 10.4.
#include <string>
#include <vector>

#include "json/pointer.hpp"
#include "json/writer.hpp"
#include "schema/explain/choice.hpp"
#include "schema/explain/explain.hpp"
#include "schema/explain/message.hpp"

namespace collet::schema {
namespace {

using namespace explaining;

/// Units inside each other; deeper ones are listed flat. Two levels of JSON each, and readers have
/// limits.
constexpr int k_depth_max = 200;

class Renderer {
 public:
  explicit Renderer(const Explanation& explanation)
      : explanation_(explanation),
        findings_(explanation.findings),
        places_(explanation.instance),
        subjects_(explanation.instance) {}

  std::string flag() && {
    writer_.begin_object().member("valid", explanation_.valid).end_object();
    return std::move(writer_).take();
  }

  /// The root's unit with a flat list of all that say something themselves.
  std::string basic() && {
    begin_unit("", 0);
    list_flat(0, end_of_all());
    writer_.end_object();
    return std::move(writer_).take();
  }

  /// A unit for each finding with more than one part; one with a single part is replaced by it.
  std::string detailed() && {
    if (findings_.empty()) {
      begin_unit("", 0);
      writer_.end_object();
    } else {
      std::string location;
      write_condensed(0, location, 0);
    }
    return std::move(writer_).take();
  }

 private:
  [[nodiscard]] std::uint32_t end_of_all() const {
    return static_cast<std::uint32_t>(findings_.size());
  }
  /// A failed schema has no annotations, a valid one no errors.
  [[nodiscard]] bool counts(std::uint32_t at) const {
    return findings_[at].valid == explanation_.valid;
  }
  [[nodiscard]] bool has_parts(std::uint32_t at) const {
    for (std::uint32_t part = at + 1; part < findings_[at].end; part = findings_[part].end) {
      if (counts(part)) return true;
    }
    return false;
  }
  /// Whether the finding says something that is not said by its parts.
  [[nodiscard]] bool speaks(std::uint32_t at) const {
    const Finding& finding = findings_[at];
    if (finding.valid) return finding.annotation != Finding::none;
    return !has_parts(at) || has_no_branch(finding);
  }
  [[nodiscard]] bool is_full() const { return writer_.text().size() > output_bytes_max; }

  /// What the finding adds to the location of the one around it.
  void append_step(std::string& location, std::uint32_t at) const {
    const Finding& finding = findings_[at];
    if (finding.keyword) {
      json::append_pointer(location, keyword_name(explanation_, finding));
      return;
    }
    if (finding.parent == Finding::none) return;
    const Finding& around = findings_[finding.parent];
    const auto value = keyword_value(explanation_, around.schema, *around.keyword);
    if (!value || finding.schema.document != around.schema.document) return;
    // A part of the keyword's value is named below it; what a reference leads to is not.
    const auto end = value->tape().nodes[value->index()].next;
    if (finding.schema.node < value->index() || finding.schema.node >= end) return;
    json::append_path(location, *value, finding.schema.node);
  }

  [[nodiscard]] std::string absolute_location(const Finding& finding) const {
    std::string location = explanation_.sources->absolute_location(finding.schema);
    if (finding.keyword) json::append_pointer(location, keyword_name(explanation_, finding));
    return location;
  }

  /// Opens the unit of the finding `at`, or, where there is none, of a root that had nothing to
  /// say.
  void begin_unit(const std::string& location, std::uint32_t at) {
    const bool exists = at < findings_.size();
    writer_.begin_object().member("valid", exists ? findings_[at].valid : explanation_.valid);
    writer_.member("keywordLocation", location);
    if (exists) {
      writer_.member("absoluteKeywordLocation", absolute_location(findings_[at]));
    }
    std::string instance;
    if (exists) places_.append(instance, findings_[at].instance);
    writer_.member("instanceLocation", instance);
  }

  void write_said(std::uint32_t at) {
    const Finding& finding = findings_[at];
    if (!finding.valid) {
      const bool is_early = errors_++ < explanation_.limits.violations_max;
      const auto suggestions = is_early ? Suggestions::made : Suggestions::left_out;
      writer_.member("error",
                     sentence_of(explanation_, subjects_, at, Branches::left_out, suggestions));
    } else {
      writer_.raw_member("annotation", explanation_.annotations[finding.annotation]);
    }
  }

  void begin_list() { writer_.key(explanation_.valid ? "annotations" : "errors").begin_array(); }

  /// Lists what speaks among the findings in [first, last), which are whole trees.
  void list_flat(std::uint32_t first, std::uint32_t last, const std::string& above = {}) {
    begin_list();
    struct Open {
      std::uint32_t end;
      std::size_t length;  ///< of the location before it
    };
    std::vector<Open> open;
    std::string location = above;
    for (std::uint32_t at = first; at < last && !is_full();) {
      while (!open.empty() && at >= open.back().end) {
        location.resize(open.back().length);
        open.pop_back();
      }
      if (!counts(at)) {
        at = findings_[at].end;
        continue;
      }
      open.push_back({findings_[at].end, location.size()});
      append_step(location, at);
      if (speaks(at)) {
        begin_unit(location, at);
        write_said(at);
        writer_.end_object();
      }
      ++at;
    }
    writer_.end_array();
  }

  /// `location` is that of the finding around `at`.
  void write_condensed(std::uint32_t at, std::string location, int depth) {
    append_step(location, at);
    while (!(findings_[at].valid && speaks(at))) {
      std::uint32_t parts = 0;
      std::uint32_t only = at;
      for (std::uint32_t part = at + 1; part < findings_[at].end; part = findings_[part].end) {
        if (!counts(part)) continue;
        ++parts;
        only = part;
      }
      if (parts != 1) break;
      at = only;
      append_step(location, at);
    }
    begin_unit(location, at);
    if (speaks(at)) write_said(at);
    if (has_parts(at)) write_parts(at, location, depth);
    writer_.end_object();
  }

  void write_parts(std::uint32_t at, const std::string& location, int depth) {
    if (depth >= k_depth_max) return list_flat(at + 1, findings_[at].end, location);
    begin_list();
    for (std::uint32_t part = at + 1; part < findings_[at].end; part = findings_[part].end) {
      if (counts(part) && !is_full()) write_condensed(part, location, depth + 1);
    }
    writer_.end_array();
  }

  const Explanation& explanation_;
  const std::vector<Finding>& findings_;
  json::PathFinder places_;    // of the units
  json::PathFinder subjects_;  // of their sentences, which may speak of an object instead
  json::Writer writer_;
  std::uint32_t errors_ = 0;
};

}  // namespace

std::string render(const Explanation& explanation, SchemaOutput format) {
  switch (format) {
    case SchemaOutput::flag:
      return Renderer(explanation).flag();
    case SchemaOutput::basic:
      return Renderer(explanation).basic();
    case SchemaOutput::detailed:
      return Renderer(explanation).detailed();
  }
  return {};
}

}  // namespace collet::schema
