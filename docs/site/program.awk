# An example program as a page: what its first comment says, the program, and what it printed where -v output=file holds
# that. awk -v output=... -f names.awk -f program.awk program.cpp
{ line[last = NR] = $0 }
END {
  for (first = 2; line[first] ~ /^\/\//; ++first) {
    text = substr(line[first], 4)
    comment = comment (text ~ /^ / ? "    " : "") text "\n"
  }
  id = example_id(FILENAME)
  print "# " substr(id, length("example_") + 1) "\n"
  print comment
  print "## The program\n\n```cpp"
  for (n = first; n <= last; ++n) print line[n]
  print "```"
  if (output == "") exit
  while ((getline text < output) > 0) result = result text "\n"
  if (result != "") print "\n## What it prints\n\n```text\n" result "```"
}
