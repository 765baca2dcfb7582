// The shapes of a manifest's sections: every rule of the reference host's schema that one section
// can be judged by alone. Rules across sections stand in manifest_rules.hpp.
#pragma once

#include <array>

#include "plugin/shape.hpp"

namespace collet::plugin {

/// The whole manifest.
extern const Shape k_manifest_shape;
/// A JSON Schema as the reference accepts it: `{}`, or an object with a textual `type`, a `$ref` or
/// a composition.
extern const Shape k_json_schema_shape;

// Sections with rules of their own: ui_shape.cpp and managed_shape.cpp.
extern const Shape k_ui_shape;
extern const Shape k_launchers_shape;
extern const Shape k_agents_shape;
extern const Shape k_projects_shape;
extern const Shape k_routines_shape;
extern const Shape k_skills_shape;
extern const Shape k_local_folders_shape;

// Pieces that several sections use.
inline constexpr Shape k_text{.kind = Shape::Kind::text};
inline constexpr Shape k_boolean{.kind = Shape::Kind::boolean};
inline constexpr Shape k_integer{.kind = Shape::Kind::number};
inline constexpr Shape k_any_record{.kind = Shape::Kind::record};

/// A text of `least` to `most` UTF-16 units.
[[nodiscard]] constexpr Shape text_of(std::size_t least, std::size_t most = Shape{}.most) {
  return {.kind = Shape::Kind::text, .least = least, .most = most};
}
inline constexpr Shape k_filled = text_of(1);
inline constexpr Shape k_filled_100 = text_of(1, 100);
inline constexpr Shape k_up_to_500 = text_of(0, 500);
inline constexpr Shape k_up_to_2000 = text_of(0, 2000);
/// The largest text a manifest may carry inline: 200,000 UTF-16 units.
inline constexpr Shape k_inline_file = text_of(0, 200'000);

}  // namespace collet::plugin
