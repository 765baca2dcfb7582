#!/usr/bin/env python3
"""Checks that the rooms of src/ use each other only as ARCHITECTURE.md says.

The table there is the law: CMake links what it names, and no file includes what its room may not see.
"""
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# The public headers that only carry values and small interfaces: every room may speak of them.
VOCABULARY = {"deadline", "directory", "error", "json", "limits", "manifest", "plugin_events", "reply", "service_settings", "tenancy", "tool", "version", "worker_limits"}
# The public headers that belong to a room.
PUBLIC = {
    "schema": "schema", "function_tool": "tool", "tool_dispatcher": "tool", "tool_registry": "tool",
    "plugin_store": "store", "worker_manager": "worker", "lifecycle_manager": "plugin", "host": "host",
}
# For authors of plugins; nothing of the host uses them.
FOR_AUTHORS = {"plugin", "plugin/json"}
OS_HEADERS = re.compile(r"^(sys/(?!types|stat|random|file)|unistd|fcntl|poll|spawn|signal|csignal|netinet|arpa|pthread|boost/asio|boost/beast|sqlite3)")
OS_ROOMS = {"base", "process", "http", "store", "app"}


def table():
    """{room: set of rooms} from the table in ARCHITECTURE.md."""
    rooms = {}
    for line in (ROOT / "ARCHITECTURE.md").read_text().splitlines():
        match = re.match(r"\| `src/(\w+)/` \|.*\| ([a-z ]*|-) \|$", line)
        if match:
            rooms[match[1]] = set(match[2].split()) - {"-"}
    return rooms


def closure(rooms, room):
    seen, todo = set(), [room]
    while todo:
        for used in rooms[todo.pop()]:
            if used not in seen:
                seen.add(used)
                todo.append(used)
    return seen


def sources(room):
    return sorted(p for p in (ROOT / "src" / room).rglob("*") if p.suffix in (".hpp", ".cpp"))


def includes(path):
    return re.findall(r'^#include ["<]([^">]+)[">]', path.read_text(), re.M)


class Layering(unittest.TestCase):
    rooms = table()

    def test_the_table_has_every_room(self):
        self.assertEqual(set(self.rooms), {p.name for p in (ROOT / "src").iterdir() if p.is_dir()})

    def test_the_arrows_point_one_way(self):
        for room in self.rooms:
            self.assertNotIn(room, closure(self.rooms, room), f"{room} uses itself over others")

    def test_cmake_links_what_the_table_names(self):
        for room, used in self.rooms.items():
            text = (ROOT / "src" / room / "CMakeLists.txt").read_text()
            links = re.search(r"LINKS ((?:\w+ ?)+?)\s*(?:[A-Z_]{3,}|\))", text)
            self.assertEqual(set(links[1].split()) if links else set(), used, room)

    def test_files_include_what_their_room_may_see(self):
        wrong = []
        for room in self.rooms:
            seen = closure(self.rooms, room) | {room}
            for path in sources(room):
                for include in includes(path):
                    public = re.match(r"collet/(.+)\.hpp$", include)
                    if public and public[1] in VOCABULARY:
                        continue
                    if public:
                        owner = PUBLIC.get(public[1], "nobody" if public[1] in FOR_AUTHORS else "unknown")
                    elif include.split("/")[0] in self.rooms and "/" in include:
                        owner = include.split("/")[0]
                    else:
                        continue
                    # A test may stand on a higher room's fakes no more than its code may.
                    if owner not in seen:
                        wrong.append(f"{path.relative_to(ROOT)} includes {include} of {owner}")
        self.assertEqual(wrong, [])

    def test_only_the_adapters_touch_the_system(self):
        wrong = [f"{path.relative_to(ROOT)} includes <{include}>"
                 for room in self.rooms if room not in OS_ROOMS
                 for path in sources(room) if not path.stem.endswith("_test")
                 for include in includes(path) if OS_HEADERS.match(include) and include != "csignal"]
        self.assertEqual(wrong, [])

    def test_a_source_includes_its_own_header_first(self):
        wrong = []
        for room in self.rooms:
            for path in sources(room):
                if path.suffix != ".cpp" or path.stem.endswith(("_test", "_bench")):
                    continue
                own = path.with_suffix(".hpp")
                public = ROOT / "include" / "collet" / own.name
                found = includes(path)
                if own.exists() and found[:1] != [str(own.relative_to(ROOT / "src"))]:
                    wrong.append(str(path.relative_to(ROOT)))
                elif not own.exists() and public.exists() and found[:1] != [f"collet/{own.name}"]:
                    wrong.append(str(path.relative_to(ROOT)))
        self.assertEqual(wrong, [])

    def test_public_headers_use_only_public_headers(self):
        wrong = []
        for path in sorted((ROOT / "include").rglob("*.hpp")):
            name = str(path.relative_to(ROOT / "include" / "collet").with_suffix(""))
            self.assertIn(name, VOCABULARY | set(PUBLIC) | FOR_AUTHORS, "say in this file whose it is")
            for include in includes(path):
                if "/" in include and not include.startswith(("collet/", "sys/")):
                    wrong.append(f"{path.relative_to(ROOT)} includes {include}")
                if name in FOR_AUTHORS and include.startswith("collet/") and not include.startswith("collet/plugin"):
                    wrong.append(f"{path.relative_to(ROOT)} includes {include}")
        self.assertEqual(wrong, [])

    def test_numbers_of_limits_stand_in_one_header(self):
        """Members that are limits take their defaults from limits.hpp, but for JSON Schema, which stands alone."""
        member = re.compile(r"^ +(?!static|inline|constexpr)[\w:]+ \w+_(?:max|grace|timeout) *[={] *[^;]*[1-9][^;]*;", re.M)
        wrong = [f"{path.relative_to(ROOT)}: {line.strip()}"
                 for folder in ("include", "src") for path in sorted((ROOT / folder).rglob("*.hpp"))
                 if path.name != "schema.hpp" and ROOT / "src" / "schema" not in path.parents
                 for line in member.findall(path.read_text())]
        self.assertEqual(wrong, [])

    def test_headers_of_other_rooms_stay_light(self):
        """Boost in a header costs every file that includes it seconds of compile time."""
        wrong = [f"{path.relative_to(ROOT)} includes <{include}>"
                 for room in self.rooms for path in sources(room) if path.suffix == ".hpp"
                 for include in includes(path)
                 if include.startswith(("boost/beast", "spdlog/", "CLI/", "toml++"))]
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main(verbosity=2)
