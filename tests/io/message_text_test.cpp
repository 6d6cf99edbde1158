// SPDX-License-Identifier: MIT
#include <seqpool/io/error.hpp>
#include <seqpool/io/message_text.hpp>

#include <array>
#include <cstdint>
#include <ios>
#include <string>
#include <system_error>

#include "support/catch.hpp"

using seqpool::io::Error;
using seqpool::io::detail::excerpt;
using seqpool::io::detail::printable;

TEST_CASE("an excerpt is the text up to 80 bytes, and 80 bytes of a longer one", "[message_text]") {
  const auto a = [](std::size_t count) { return std::string(count, 'a'); };
  CHECK(excerpt("") == "");
  CHECK(excerpt(a(80)) == a(80));
  CHECK(excerpt(a(81)) == a(80) + "...");
  CHECK(excerpt(a(81), 200) == a(81));
  CHECK(excerpt(a(201), 200) == a(200) + "...");
}

TEST_CASE("an excerpt ends between two characters", "[message_text]") {
  // Characters of two, three and four bytes, every byte of which falls on the limit once.
  for (const std::string character : {"\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
    for (std::size_t behind = 0; behind < character.size(); ++behind) {
      const std::string before(80 - behind, 'a');
      INFO(character << " begins at byte " << before.size());
      CHECK(excerpt(before + character + "b") == before + "...");
    }
    const std::string exact = std::string(80 - character.size(), 'a') + character;
    CHECK(excerpt(exact) == exact);
    CHECK(excerpt(exact + "b") == exact + "...");
  }
  // What is no character at all does not make it end much earlier.
  CHECK(excerpt(std::string(100, '\x80')) == std::string(77, '\x80') + "...");
}

TEST_CASE("text that shows as it is stays as it is", "[message_text]") {
  // The last ones: next to what is hidden, and the ends of each length of UTF-8.
  for (const std::string text :
       {"", " a~", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D",
        "\xC2\xA0\xC2\xAC\xC2\xAE", "\xE2\x80\x8A\xE2\x80\x90\xE2\x80\xA7\xE2\x80\xAF\xE2\x81\x9F\xE2\x81\xB0",
        "\xD8\x9B\xD8\x9D", "\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBD\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"})
    CHECK(printable(text) == text);
}

TEST_CASE("a question mark stands for what controls a terminal, hides or turns the text", "[message_text]") {
  for (int c = 0; c < 0x20; ++c) CHECK(printable("a" + std::string(1, static_cast<char>(c)) + "b") == "a?b");
  CHECK(printable("a\x7F"
                  "b") == "a?b");
  for (int c = 0x80; c < 0xA0; ++c) CHECK(printable("a\xC2" + std::string(1, static_cast<char>(c)) + "b") == "a?b");
  for (const char* character :
       {"\xC2\xAD",     "\xD8\x9C",     "\xE2\x80\x8B",     "\xE2\x80\x8E",    "\xE2\x80\x8F", "\xE2\x80\xA8",
        "\xE2\x80\xA9", "\xE2\x80\xAA", "\xE2\x80\xAB",     "\xE2\x80\xAC",    "\xE2\x80\xAD", "\xE2\x80\xAE",
        "\xE2\x81\xA0", "\xE2\x81\xA6", "\xE2\x81\xA7",     "\xE2\x81\xA8",    "\xE2\x81\xA9", "\xE2\x81\xAF",
        "\xEF\xBB\xBF", "\xEF\xBF\xB9", "\xF3\xA0\x80\x81", "\xF3\xA0\x81\xBF"})
    CHECK(printable("a" + std::string(character) + "b") == "a?b");
}

TEST_CASE("a question mark stands for whatever Unicode says may be ignored, and for nothing beside it",
          "[message_text]") {
  // DerivedCoreProperties.txt of Unicode 15, Default_Ignorable_Code_Point.
  constexpr std::array<std::array<std::uint32_t, 2>, 17> ignorable{{{0xAD, 0xAD},
                                                                    {0x34F, 0x34F},
                                                                    {0x61C, 0x61C},
                                                                    {0x115F, 0x1160},
                                                                    {0x17B4, 0x17B5},
                                                                    {0x180B, 0x180F},
                                                                    {0x200B, 0x200F},
                                                                    {0x202A, 0x202E},
                                                                    {0x2060, 0x206F},
                                                                    {0x3164, 0x3164},
                                                                    {0xFE00, 0xFE0F},
                                                                    {0xFEFF, 0xFEFF},
                                                                    {0xFFA0, 0xFFA0},
                                                                    {0xFFF0, 0xFFF8},
                                                                    {0x1BCA0, 0x1BCA3},
                                                                    {0x1D173, 0x1D17A},
                                                                    {0xE0000, 0xE0FFF}}};
  const auto utf8 = [](std::uint32_t code) {
    const auto byte = [](std::uint32_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); };
    const auto rest = [&](int shift) { return byte(0x80 | (code >> shift & 0x3F)); };
    if (code < 0x800) return std::string{byte(0xC0 | code >> 6), rest(0)};
    if (code < 0x10000) return std::string{byte(0xE0 | code >> 12), rest(6), rest(0)};
    return std::string{byte(0xF0 | code >> 18), rest(12), rest(6), rest(0)};
  };
  const auto shows = [&](std::uint32_t code) { return printable(utf8(code)) == utf8(code); };
  for (const auto& [first, last] : ignorable) {
    INFO(std::hex << first);
    for (std::uint32_t code = first; code <= last; ++code)
      if (shows(code)) FAIL(std::hex << code << " is shown");
    // What is next to it, but for line separators and annotations.
    CHECK((shows(first - 1) || first == 0x202A));
    CHECK((shows(last + 1) || last == 0xFFF8));
  }
}

TEST_CASE("a question mark stands for every byte that is not UTF-8", "[message_text]") {
  CHECK(printable("\x80") == "?");
  CHECK(printable("a\xFF"
                  "b") == "a?b");
  CHECK(printable("\xC3") == "?");
  CHECK(printable("\xC3(") == "?(");
  CHECK(printable("\xE2\x82") == "??");
  CHECK(printable("\xE2\x82z") == "??z");
  CHECK(printable("\xC0\xAF") == "??");            // overlong
  CHECK(printable("\xC1\xBF") == "??");            // overlong
  CHECK(printable("\xE0\x9F\xBF") == "???");       // overlong
  CHECK(printable("\xF0\x8F\xBF\xBF") == "????");  // overlong
  CHECK(printable("\xED\xA0\x80") == "???");       // a surrogate
  CHECK(printable("\xED\xBF\xBF") == "???");       // a surrogate
  CHECK(printable("\xF4\x90\x80\x80") == "????");  // above U+10FFFF
  CHECK(printable("\xF5\x80\x80\x80") == "????");
  CHECK(printable("\xFC\x80\x80\x80") == "????");
  CHECK(printable("\xE2\xC3\xA4") == "?\xC3\xA4");  // what follows is read again
}

TEST_CASE("an Error names the library, the file and the tensor, in printable text", "[message_text]") {
  CHECK(std::string(Error("a.safetensors", "no").what()) == "seqpool: a.safetensors: no");
  CHECK(std::string(Error("a.safetensors", "w", "no").what()) == "seqpool: a.safetensors: tensor 'w': no");
  CHECK(std::string(Error("", "no").what()) == "seqpool: \"\": no");
  CHECK(std::string(Error("\x1B[31m\xE2\x80\xAE\xFF", "w\nx\x7Fy", "no\xC2\x9B").what()) ==
        "seqpool: ?[31m??: tensor 'w?x?y': no?");
  // A path is what the user has to find the file by, however long.
  const std::string path(300, 'p');
  CHECK(std::string(Error(path, std::string(81, 'w'), "no").what()) ==
        "seqpool: " + path + ": tensor '" + std::string(80, 'w') + "...': no");
}
