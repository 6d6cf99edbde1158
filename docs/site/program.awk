# An example program as a page: what its first comment says, what it printed, and the program.
# awk -v output=<file with that> -v page=<page that it wrote> -v picture=<of it> -f names.awk -f program.awk program.cpp
{ line[last = NR] = $0 }
END {
  print "# " substr(example_id(FILENAME), length("example_") + 1) "\n"
  for (first = 2; line[first] ~ /^\/\//; ++first) {
    text = substr(line[first], 4)
    print (text ~ /^ / ? "    " : "") text
  }
  if (picture != "") print "\n![](" picture ")"
  if (page != "") print "\n[The page that it writes](" page ")"
  while (output != "" && (getline text < output) > 0) result = result text "\n"
  if (result != "") print "\n## What it prints\n\n```text\n" result "```"
  print "\n## The program\n\n```cpp"
  for (n = first; n <= last; ++n) print line[n]
  print "```"
}
