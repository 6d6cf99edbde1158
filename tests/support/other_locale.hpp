// SPDX-License-Identifier: MIT
#ifndef SEQPOOL_TESTS_SUPPORT_OTHER_LOCALE_HPP
#define SEQPOOL_TESTS_SUPPORT_OTHER_LOCALE_HPP

#include <locale>
#include <string>

namespace test {

// As long as it lives, streams are made for a locale that writes 1,024 and 0;5. Every machine has it.
class OtherLocale {
 public:
  OtherLocale() : before_(std::locale::global(std::locale(std::locale::classic(), new Punctuation))) {}
  OtherLocale(const OtherLocale&) = delete;
  OtherLocale& operator=(const OtherLocale&) = delete;
  ~OtherLocale() { std::locale::global(before_); }

 private:
  struct Punctuation : std::numpunct<char> {
    char do_decimal_point() const override { return ';'; }
    char do_thousands_sep() const override { return ','; }
    std::string do_grouping() const override { return "\3"; }
  };

  std::locale before_;
};

}  // namespace test

#endif
