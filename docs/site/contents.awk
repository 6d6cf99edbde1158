# What there is, from the headings of pages and the comments of headers: awk -v write=... -f names.awk -f contents.awk
# groups.txt house.dox pages, programs and headers...
#
#   write=nav              the side of every page of the site
#   write=groups           the same in short, for the start page
#   write=quick_reference  docs/quick-reference.md
#
# Pages that are in no group stand at the end; a room without a group is an error.
{
  if (FNR == 1) end_of_file()
  file = FILENAME
  line[last = FNR] = $0
}
END {
  end_of_file()
  check_rooms()
  if (write == "nav") write_nav()
  if (write == "groups") write_groups()
  if (write == "quick_reference") write_quick_reference()
}

function end_of_file(    id) {
  if (file ~ /groups[.]txt$/) read_groups()
  else if (file ~ /[.]dox$/) read_rooms()
  else if (file ~ /[.]md$/) {
    pages[++page_count] = id = page_id(file)
    page_title[id] = substr(line[1], 3)
  } else if (file ~ /[.]cpp$/) {
    pages[++page_count] = id = example_id(file)
    page_title[id] = id
    sub(/^example_/, "", page_title[id])
  } else if (file ~ /[.]hpp$/) end_of_header()
  last = 0
}

function end_of_header(    room, i, n) {
  read_header()
  room = room_of(file)
  if (!names && line[4] !~ /^\/\/ /) return  # private
  n = ++header_count[room]
  header_of[room, n] = header_id(file)
  title_of[room, n] = title(file)
  for (i = 1; i <= names; ++i) {
    n = ++entry_count[room]
    entry_header[room, n] = file
    entry_call[room, n] = call[i]
    entry_says[room, n] = says[i]
  }
}

function read_groups(    n) {
  for (n = 1; n <= last; ++n) {
    group[++group_count] = line[n]
    members[group_count] = line[n]
    sub(/:.*/, "", group[group_count])
    sub(/[^:]*:/, "", members[group_count])
  }
}

function read_rooms(    n, words, id, room) {
  for (n = 1; n <= last; ++n)
    if (line[n] ~ /^.defgroup/) {
      split(line[n], words, " ")
      id = words[2]
      room = substr(id, length("room_") + 1)
      room_title[room] = substr(line[n], length("\\defgroup " id " ") + 1)
    } else if (line[n] !~ /^[\/*]*$/)
      room_says[room] = room_says[room] (room_says[room] == "" ? "" : "\n") line[n]
}

function check_rooms(    room, all, g) {
  for (g = 1; g <= group_count; ++g) all = all " " members[g]
  for (room in header_count)
    if (index(all " ", " " room " ") == 0) {
      print "docs/site/groups.txt has no place for the room " room > "/dev/stderr"
      failed = 1
    }
  if (failed) exit 1
}

# The pages and the rooms of a group that are there: member[1] .. member[n].
function read_members(g,    words, i, n, count) {
  count = split(members[g], words, " ")
  for (i = 1; i <= count; ++i)
    if (words[i] in page_title || words[i] in header_count || words[i] == "programs") member[++n] = words[i]
  for (i = 1; i <= n; ++i) placed[member[i]] = 1
  return n
}

function escaped(text) {
  gsub(/&/, "\\&amp;", text)
  gsub(/</, "\\&lt;", text)
  return text
}

function link(page, text) { return "<a href=\"" page "\">" escaped(text) "</a>" }

function is_program(id) { return id ~ /^example_/ }

function write_nav(    g, n, i, j, id) {
  print link("index.html", "Start page")
  print link("quick-reference.html", page_title["quick-reference"])
  placed["index"] = placed["quick-reference"] = 1
  for (g = 1; g <= group_count; ++g) {
    n = read_members(g)
    if (n) print "<h2>" escaped(group[g]) "</h2>"
    for (i = 1; i <= n; ++i) {
      id = member[i]
      if (id in page_title) print link(id ".html", page_title[id])
      else if (id == "programs") {
        print "<details><summary>Programs, what they print</summary>"
        write_programs("", "")
        print "</details>"
      } else {
        print "<details><summary>" escaped(room_title[id]) "</summary>"
        print link(room_page(id), "All of them")
        for (j = 1; j <= header_count[id]; ++j) print link(group_page(header_of[id, j]), title_of[id, j])
        print "</details>"
      }
    }
  }
  for (j = 1; j <= page_count; ++j)
    if (!(pages[j] in placed) && !is_program(pages[j])) print link(pages[j] ".html", page_title[pages[j]])
}

function write_groups(    g, n, i, id) {
  print "\\htmlonly\n<div class=\"groups\">"
  for (g = 1; g <= group_count; ++g) {
    if (!(n = read_members(g))) continue
    print "<div><h2>" escaped(group[g]) "</h2><ul>"
    for (i = 1; i <= n; ++i) {
      id = member[i]
      if (id in page_title) print "<li>" link(id ".html", page_title[id]) "</li>"
      else if (id == "programs") {
        if (!("examples" in page_title)) write_programs("<li>", "</li>")  # which lists them
      }
      else print "<li>" link(room_page(id), room_title[id]) " <small>reference</small></li>"
    }
    print "</ul></div>"
  }
  print "</div>\n\\endhtmlonly"
}

function write_programs(before, behind,    j) {
  for (j = 1; j <= page_count; ++j)
    if (is_program(pages[j])) print before link(pages[j] ".html", page_title[pages[j]]) behind
}

function write_quick_reference(    g, n, i, j, id, path, text) {
  print "# Quick reference\n"
  print "Every public function and class by what one wants to do, each with the first sentence of its comment; the link leads to"
  print "the rest. In namespace `seqpool`, but for `seqpool::io`, `seqpool::model` and `seqpool::adapter`, whose headers say so in"
  print "their path. This page is written by `cmake --build build/test --target quick_reference`, and a test compares it."
  for (g = 1; g <= group_count; ++g) {
    n = read_members(g)
    for (i = 1; i <= n; ++i) {
      id = member[i]
      if (!(id in entry_count)) continue
      printf "\n## %s\n\n%s\n\n| name | what it is |\n|---|---|\n", room_title[id], room_says[id]
      for (j = 1; j <= entry_count[id]; ++j) {
        path = entry_header[id, j]
        sub(/.*include\//, "../include/", path)
        text = entry_says[id, j]
        gsub(/[|]/, "\\|", text)
        printf "| [`%s`](%s) | %s |\n", entry_call[id, j], path, text
      }
    }
  }
}
