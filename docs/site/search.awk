# What the search looks through, from Doxygen's tag file, as JavaScript: const names = [[name, where it is, page], ...].
BEGIN { print "const names = [" }
/^  <compound/ { kind = attribute("kind"); compound = file = anchor = ""; inside = 1 }
/^    <member/ { inside = 0; member_kind = attribute("kind") }
inside && /^    <name>/ { compound = content(); sub(/^seqpool::/, "", compound) }
inside && /^    <title>/ { page_title = content() }
inside && /^    <filename>/ { file = content(); anchor = "" }
inside && /^    <anchor>/ { anchor = content() }
# A heading of a page.
/^    <docanchor/ && attribute("title") != "" { entry(attribute("title"), page_title, attribute("file"), content()) }
/^      <name>/ { member = content(); sub(/.*::/, "", member) }
/^      <anchorfile>/ { member_file = content() }
/^      <anchor>/ && kind != "namespace" && substr(compound, length(compound) - length(member) + 1) != member {  # no constructor
  entry(member, kind == "group" ? member_kind : compound, member_file, content())
}
/^  <\/compound>/ {
  if (kind == "page") entry(page_title, "", file)
  else if (kind ~ /class|struct|concept/ && compound !~ /&lt;/) entry(compound, kind, file, anchor)
}
END { print "]" }

function content(    text) {
  text = $0
  sub(/^[^>]*>/, "", text)
  sub(/<\/[a-z]*>$/, "", text)
  return text
}

function attribute(name) {
  if (!match($0, " " name "=\"[^\"]*\"")) return ""
  return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
}

function entry(text, where, page, place) {
  if (text ~ /^operator/ || (text, where) in seen) return  # overloads once
  seen[text, where] = 1
  printf "[%s,%s,%s],\n", quoted(text), quoted(where), quoted(page (place == "" ? "" : "#" place))
}

function quoted(text) {
  gsub(/&lt;/, "<", text)
  gsub(/&gt;/, ">", text)
  gsub(/&apos;|&#39;/, "'", text)
  gsub(/&quot;/, "\"", text)
  gsub(/&amp;/, "\\&", text)
  gsub(/["\\]/, "\\\\&", text)
  return "\"" text "\""
}
