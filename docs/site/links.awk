# awk -f links.awk *.html names.js, in the site's folder: prints every link that leads nowhere, to a file that is not there
# or to a place that is not in it.
FNR == 1 { there[FILENAME] = 1 }
{
  for (text = $0; match(text, / (id|name)="[^"]*"/); text = substr(text, RSTART + RLENGTH)) {
    place = substr(text, RSTART, RLENGTH - 1)
    sub(/^[^"]*"/, "", place)
    places[FILENAME, place] = 1
  }
  for (text = $0; match(text, /[ ,](href=|src=|data=)?"[^"]*"/); text = substr(text, RSTART + RLENGTH)) {
    target = substr(text, RSTART + 1, RLENGTH - 2)
    if (target ~ /^(href|src|data)=/) sub(/^[a-z]*="/, "", target)
    else if (FILENAME == "names.js" && target ~ /^"[^ ]*[.]html/) target = substr(target, 2)
    else continue
    if (target ~ /^#/) target = FILENAME target
    if (target !~ /^[a-z]+:/) from[target] = FILENAME
  }
}
END {
  for (target in from) {
    file = place = target
    sub(/#.*/, "", file)
    sub(/^[^#]*#?/, "", place)
    if (!(file in there) && (getline line < file) < 0) print from[target] " links to " target ", which is not there"
    else if (place != "" && !((file, place) in places)) print from[target] " links to " target ", where that place is not"
  }
}
