# What Doxygen reads in the place of a page or a header, with names.awk. Its warnings name the lines of this, which are
# those of the file and at most two more.
{ line[last = NR] = $0 }
END {
  if (FILENAME ~ /[.]md$/) page()
  else if (FILENAME ~ /[.]hpp$/) header()
  else for (n = 1; n <= last; ++n) print line[n]
}

# A page: headings that can be linked to, links to what pages, headers and programs are on the site, and the text of others.
function page(    n, id, headings, text) {
  id = page_id(FILENAME)
  for (n = 2; n <= last; ++n) {
    if (line[n] ~ /^```/) while (line[++n] !~ /^```/ && n < last);
    else if (line[n] ~ /^##+ /) {
      headings += line[n] ~ /^## /
      line[n] = line[n] " {#" id "_" slug(line[n]) "}"
    }
  }
  if (id != "index") line[1] = line[1] " {#" id "}"
  if (headings > 3 && id != "index" && line[2] == "") line[2] = "[TOC]\n"
  for (n = 1; n <= last; ++n) {
    if (line[n] !~ /^```/) {
      text = text line[n] "\n"  # a link may go on in the next line
      continue
    }
    printf "%s", links(text, id)
    text = ""
    do print line[n]; while (++n < last && line[n] !~ /^```/)
    print line[n]
  }
  printf "%s", links(text, id)
}

# What GitHub calls a heading in links.
function slug(heading) {
  sub(/^#+ /, "", heading)
  heading = tolower(heading)
  gsub(/[^a-z0-9_ -]/, "", heading)
  gsub(/ /, "-", heading)
  return heading
}

function links(text, id,    before, name, target, done) {
  while (match(text, /\[[^][]*\]\([^()]*\)/)) {
    before = substr(text, 1, RSTART - 1)
    name = target = substr(text, RSTART, RLENGTH)
    text = substr(text, RSTART + RLENGTH)
    sub(/\]\(.*/, "]", name)
    sub(/.*\(/, "", target)
    sub(/\)$/, "", target)
    if (before ~ /!$/) sub(/.*\//, "", target)
    else if (target !~ /^https?:/) target = reference(target, id)
    done = done before (target == "" ? substr(name, 2, length(name) - 2) : name "(" target ")")
  }
  return done text
}

# Where a file is on the site, or nothing of one that is not there. The start page stands for the README.
function reference(target, id,    anchor) {
  if (match(target, /#.*/)) {
    anchor = substr(target, RSTART + 1)
    target = substr(target, 1, RSTART - 1)
    if (target != "") id = page_id(target)
    return id ".html" (target ~ /^(..\/)*README[.]md$/ ? "" : "#" id "_" anchor)
  }
  if (target ~ /^[^\/]*[.]html$/) return target
  if (target ~ /[.]md$/) return page_id(target) ".html"
  if (target ~ /include\/seqpool\/.*[.]hpp$/) return group_page(header_id(target))
  if (target ~ /include\/seqpool\/[a-z]+\/?$/) return room_page(room_of(target "/"))
  if (target ~ /[.]cpp$|midrange[.]hpp$/ && target !~ /(tests|benchmarks)\//) return example_id(target) ".html"
  return ""
}

# A header: a page of its own in its room, which has its names as title. Its contract is shown, the bodies below the line
# are not.

function header(    n, path, bodies) {
  path = FILENAME
  sub(/.*include\/seqpool\//, "seqpool/", path)
  read_header()
  if (!names && line[4] !~ /^\/\/ /) return  # all of it is private
  line[1] = "/** \\defgroup " header_id(FILENAME) " " title(FILENAME)
  line[2] = "\\ingroup room_" room_of(FILENAME)
  line[3] = "\\brief " main_sentence(FILENAME) "\n\n`#include <" path ">` */"
  if (line[4] ~ /^\/\/ /) {  # what it says of itself
    line[3] = ""
    for (n = 4; line[n] ~ /^\/\//; ++n) line[n] = substr(line[n], 4)
    line[n] = "\n`#include <" path ">` */" line[n]
  }
  for (n = 1; n <= last; ++n) {
    if (line[n] ~ /^namespace seqpool::inline SEQPOOL_ABI/) {
      sub(/::inline SEQPOOL_ABI/, "", line[n])
      line[n] = line[n] " /** \\addtogroup " header_id(FILENAME)
      line[n + 1] = "@{ */"
    } else if (line[n] ~ /^}  \/\/ namespace seqpool::inline SEQPOOL_ABI/) {
      line[n] = "/** @} */ }"
      bodies = 0
    } else if (line[n] ~ /^\/\/ What holds/) {
      line[n - 1] = line[n - 1] "/** @} */ /** \\addtogroup " header_id(FILENAME)
      for (; line[n] ~ /^\/\//; ++n) sub(/^\/\/ ?/, "", line[n])
      line[n] = "@{ */"
    } else if (line[n] ~ /^\/\/ -----/) bodies = 1
    else if (line[n] ~ /^(explicit )?[A-Z][A-Za-z]*\(/) {  # how T is deduced
      for (line[n - 1] = ""; line[n] !~ /;$/; ++n) line[n] = ""
      line[n] = ""
    }
    else if (line[n] ~ /^ *\/\/\/ \*\*[A-Z][a-z]+\*\*: /) sub(/\/\/\/ /, "/// - ", line[n])
    if (bodies) line[n] = ""
  }
  for (n = 1; n <= last; ++n) print line[n]
}
