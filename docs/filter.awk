# What Doxygen reads in the place of a page or a header. Lines stay where they are, for its warnings name them.
{ line[NR] = $0 }
END {
  if (FILENAME ~ /[.]md$/) page()
  else if (FILENAME ~ /[.]hpp$/) header()
  else for (n = 1; n <= NR; ++n) print line[n]
}

# A page: a heading that can be linked to, links to pages and headers as Doxygen's own, and the text of all others.
function page(    n, text) {
  if (page_id(FILENAME) != "index") line[1] = line[1] " {#" page_id(FILENAME) "}"
  for (n = 1; n <= NR; ++n) {
    if (line[n] !~ /^```/) {
      text = text line[n] "\n"  # a link may go on in the next line
      continue
    }
    printf "%s", links(text)
    text = ""
    do print line[n]; while (++n < NR && line[n] !~ /^```/)
    print line[n]
  }
  printf "%s", links(text)
}

function page_id(path) {
  sub(/.*\/data\/README[.]md$/, "data", path)
  sub(/.*\//, "", path)
  sub(/[.]md$/, "", path)
  return path == "README" ? "index" : tolower(path)
}

function links(text,    before, name, target, done) {
  while (match(text, /\[[^][]*\]\([^()]*\)/)) {
    before = substr(text, 1, RSTART - 1)
    name = target = substr(text, RSTART, RLENGTH)
    text = substr(text, RSTART + RLENGTH)
    sub(/\]\(.*/, "]", name)
    sub(/.*\(/, "", target)
    sub(/\)$/, "", target)
    if (before ~ /!$/) sub(/.*\//, "", target)
    else if (target ~ /[.]md$/) target = "@ref " page_id(target)
    else if (target ~ /include\/seqpool\/.*[.]hpp$/) target = "@ref " header_id(target)
    else if (target !~ /^https?:/) target = ""
    done = done before (target == "" ? substr(name, 2, length(name) - 2) : name "(" target ")")
  }
  return done text
}

# A header: a page of its own in its room. Its contract is shown, the bodies below the line are not.
function header_id(path) {
  sub(/.*include\/seqpool\//, "", path)
  sub(/[.]hpp$/, "", path)
  gsub(/\//, "_", path)
  return path "_hpp"
}

# Where the comment begins of what the header is named after, or else its first; 0 if there is none.
function main_comment(base,    n, name, first, prefix) {
  gsub(/_/, "", base)
  for (n = NR; n > 0; --n) {
    if (line[n] ~ /^\/\/\/ /) first = n
    if (line[n] !~ /^(class|struct|concept|enum class) / || line[n] ~ />::/) continue
    name = tolower(line[n])
    sub(/^(enum )?[a-z]+ /, "", name)
    sub(/[^a-z].*/, "", name)
    if (name == base) return comment_above(n)
    if (index(name, base) == 1) prefix = n
  }
  return prefix ? comment_above(prefix) : first
}

function comment_above(n) {
  while (n > 0 && line[n] !~ /^\/\/\/ /) --n
  while (line[n - 1] ~ /^\/\/\//) --n
  return n
}

function brief(n,    text, result) {
  for (; line[n] ~ /^\/\/\/ / && result !~ /[.:]$/; ++n) {
    text = substr(line[n], 5)
    if (match(text, /[.:]( |$)/)) text = substr(text, 1, RSTART)
    result = result (result == "" ? "" : " ") text
  }
  sub(/:$/, ".", result)
  return result
}

function header(    n, path, base, room, comment, bodies) {
  base = path = FILENAME
  sub(/.*include\/seqpool\//, "", path)
  gsub(/.*\/|[.]hpp$/, "", base)
  room = path ~ /\// ? path : base == "scalar" ? "input" : "doors"
  sub(/\/.*/, "", room)
  comment = main_comment(base)
  line[1] = "/** \\defgroup " header_id(FILENAME) " " path
  line[2] = "\\ingroup " room
  if (comment) {
    line[3] = "\\brief " brief(comment) " */"
  } else if (line[4] ~ /^\/\/ /) {
    line[3] = ""
    for (n = 4; line[n] ~ /^\/\/ /; ++n) line[n] = substr(line[n], 4)
    line[n] = "*/"
  } else return  # all of it is private
  for (n = 1; n <= NR; ++n) {
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
  for (n = 1; n <= NR; ++n) print line[n]
}
