#include "services/secret_file.hpp"

#include <sys/stat.h>

#include <fstream>

#include "services/secret_source_fixture.hpp"

namespace collet::services {
namespace {

class SecretFileTest : public SecretSourceTest {
 protected:
  void write(std::string_view text, mode_t mode = 0600) {
    std::ofstream(file) << text;
    ::chmod(file.c_str(), mode);
  }
  std::string find(std::string_view content, std::string id, Tenancy tenancy = Tenancy::single,
                   std::string company = "acme") {
    return text(find_in_secret_file(content, {std::move(company), std::move(id)}, tenancy));
  }
  std::filesystem::path file = folder / "secrets.toml";
};

TEST_F(SecretFileTest, HoldsNamesAndValuesInTomlOrJson) {
  for (const auto* content :
       {"x = \"v\"\n\"a/b\" = 'w'\nn = 1\n", " {\"x\":\"v\",\n\"a/b\":\"w\",\"n\":1}\n"}) {
    EXPECT_EQ(find(content, "x"), "\"v\"");
    EXPECT_EQ(find(content, "a/b"), "\"w\"");
    EXPECT_EQ(find(content, "y"), "nothing");
    EXPECT_EQ(find(content, "n"), "invalid_request: \"n\" is no text in it");
  }
  EXPECT_EQ(find("", "x"), "nothing");
}

TEST_F(SecretFileTest, WithSeveralTenantsEachHasATable) {
  for (const auto* content : {"x = \"top\"\n[acme]\nx = \"a\"\n[globex]\ny = \"g\"\n",
                              R"({"x":"top","acme":{"x":"a"},"globex":{"y":"g"}})"}) {
    EXPECT_EQ(find(content, "x", Tenancy::multi, "acme"), "\"a\"");
    EXPECT_EQ(find(content, "y", Tenancy::multi, "acme"), "nothing");
    EXPECT_EQ(find(content, "y", Tenancy::multi, "globex"), "\"g\"");
    EXPECT_EQ(find(content, "x", Tenancy::multi, "globex"), "nothing");
    EXPECT_EQ(find(content, "x", Tenancy::multi, ""), "nothing");
    EXPECT_EQ(find(content, "x", Tenancy::multi, "x"), "nothing");
    EXPECT_EQ(find(content, "x", Tenancy::single, "acme"), "\"top\"");
  }
}

TEST_F(SecretFileTest, MistakesAreToldWithoutTheirText) {
  EXPECT_EQ(find("x = \"v\"\ny = hunter2\n", "x"), "invalid_request: line 2 of it is no TOML");
  EXPECT_EQ(find("{\"x\":\"v\",\n\"y\":hunter2}", "x"), "invalid_request: line 2 of it is no JSON");
}

TEST_F(SecretFileTest, IsReadForEachSecretAnew) {
  SecretFile source(file, Tenancy::single, background);
  EXPECT_EQ(read(source, "x"),
            "invalid_request: " + file.string() + " cannot be read: No such file or directory");
  write("x = \"1\"");
  EXPECT_EQ(read(source, "x"), "\"1\"");
  write("x = \"2\"");
  EXPECT_EQ(read(source, "x"), "\"2\"");
  write("x = 3");
  EXPECT_EQ(read(source, "x"), "invalid_request: " + file.string() + ": \"x\" is no text in it");
  EXPECT_EQ(source.describe(), "the file " + file.string());
}

TEST_F(SecretFileTest, OneThatOthersMayReadIsRefused) {
  SecretFile source(file, Tenancy::single, background);
  write("x = \"1\"", 0644);
  EXPECT_EQ(read(source, "x"), "forbidden: " + file.string() +
                                   " may be read or changed by other users (its mode is 0644)");
  write("x = \"1\"", 0600);
  EXPECT_EQ(read(source, "x"), "\"1\"");
}

TEST_F(SecretFileTest, HasALimit) {
  SecretFile source(file, Tenancy::single, background);
  const std::string line = "x = \"1\"\n";
  write(line + std::string(limits::services::secret_file_bytes_max - line.size(), '\n'));
  EXPECT_EQ(read(source, "x"), "\"1\"");
  write(line + std::string(limits::services::secret_file_bytes_max - line.size() + 1, '\n'));
  EXPECT_EQ(read(source, "x"), "invalid_request: " + file.string() +
                                   " cannot be read: it has more than 1048576 bytes");
}

}  // namespace
}  // namespace collet::services
