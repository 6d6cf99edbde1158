# What a header offers by name: read_header() fills name[i], call[i] and says[i], i = 1 .. names, of the file that line[1]
# .. line[last] are. What is documented and stands above the rule that the bodies stand below is public.

function read_header(    n, comment) {
  names = 0
  for (n = 1; n <= last && line[n] !~ /^\/\/ -----/; ++n) {
    if (line[n] !~ /^\/\/\/ /) continue
    comment = n
    while (line[n] ~ /^\/\/\//) ++n
    add_name(declaration(n), first_sentence(comment))
    --n
  }
}

# From line n on, in one line and without what stands before the name.
function declaration(n,    text) {
  while (text !~ /[;{}]$/ && n <= last) text = text " " line[n++]
  while (sub(/^ +|^(\[\[[a-z_]*\]\]|inline |constexpr |decltype.auto. |SEQPOOL_BODY )/, "", text) || text ~ /^(template|requires)/)
    if (text ~ /^template/) text = substr(text, closing(text, "<", ">") + 1)
    else if (text ~ /^requires/) text = substr(text, closing(text, "(", ")") + 1)
  return text
}

# Where the first bracket of `text` is closed.
function closing(text, open, close_,    i, depth, c) {
  for (i = index(text, open); i <= length(text); ++i) {
    c = substr(text, i, 1)
    if (c == open) ++depth
    if (c == close_ && --depth == 0) return i
  }
  return length(text)
}

function add_name(text, sentence,    is_type, own, i) {
  is_type = sub(/^(class|struct|concept|enum class|using) /, "", text)
  if (is_type && text ~ /^[A-Za-z_]*(<|::)/) return  # a specialisation, or what is part of another
  own = text
  if (is_type) sub(/[^A-Za-z0-9_].*/, "", own)
  else sub(/ *[=(].*/, "", own)
  sub(/.*[^A-Za-z0-9_]/, "", own)
  for (i = 1; i <= names; ++i)
    if (name[i] == own) return
  name[++names] = own
  call[names] = own (!is_type && text ~ /^[^=]*\(/ ? "(" parameters(text) ")" : "")
  says[names] = sentence
}

# The parameters' names alone.
function parameters(text,    i, c, depth, one, result) {
  text = substr(text, index(text, "(") + 1)
  for (i = 1; depth >= 0 && i <= length(text); ++i) {
    c = substr(text, i, 1)
    if (c ~ /[(<{]/) ++depth
    if (c ~ /[)>}]/) --depth
    if (depth >= 0 && (c != "," || depth > 0)) {
      one = one c
      continue
    }
    sub(/ *=.*/, "", one)
    sub(/.*[^A-Za-z0-9_]/, "", one)
    result = result (result == "" ? "" : ", ") one
    one = ""
  }
  return result
}

# Of the comment that begins in line n. What goes on in a list, a table or code ends there.
function first_sentence(n,    text, result) {
  for (; line[n] ~ /^\/\/\/ [^ |*]/ && result !~ /[^.][.]$/; ++n) {
    text = substr(line[n], 5)
    if (match(text, /[^.][.]( |$)/)) text = substr(text, 1, RSTART + 1)
    result = result (result == "" ? "" : " ") text
  }
  sub(/:$/, ".", result)
  return result
}

# Which of the names the file is called after, or else 0.
function main_name(path,    base, own, i) {
  base = path
  gsub(/.*\/|[.]hpp$|_/, "", base)
  for (i = 1; i <= names; ++i) {
    own = tolower(name[i])
    gsub(/_/, "", own)
    if (own == base) return i
  }
  return 0
}

function main_sentence(path,    i) {
  i = main_name(path)
  return says[i ? i : 1]
}

# The names, the main one first; of an adapter its file's name too, as they all have the same.
function title(path,    main, i, result) {
  main = main_name(path)
  if (main) result = name[main]
  for (i = 1; i <= names; ++i)
    if (i != main) result = result (result == "" ? "" : ", ") name[i]
  if (names && room_of(path) != "adapter") return result
  sub(/.*\//, "", path)
  return path (names ? ": " : "") result
}

# Pages are known by these.
function header_id(path) {
  sub(/.*include\/seqpool\//, "", path)
  sub(/[.]hpp$/, "", path)
  gsub(/\//, "_", path)
  return path "_hpp"
}

function room_of(path) {
  sub(/.*include\/seqpool\//, "", path)
  if (path !~ /\//) return path == "scalar.hpp" ? "input" : "doors"
  sub(/\/.*/, "", path)
  return path
}

# Doxygen's name of its file.
function group_page(id) {
  gsub(/_/, "__", id)
  return "group__" id ".html"
}

# No word that stands in code: newer Doxygens would link it.
function room_page(room) { return group_page("room_" room) }

function page_id(path) {
  if (path ~ /\/data\/README[.]md$/) return "data"
  if (path ~ /examples\/README[.]md$/) return "examples"
  sub(/.*\//, "", path)
  sub(/[.]md$/, "", path)
  return path == "README" || path == "start" ? "index" : tolower(path)
}

function example_id(path) {
  sub(/.*\//, "", path)
  sub(/[.][a-z]*$/, "", path)
  return "example_" path
}
