# cmake -D PROGRAM=... -D DATA=... -D FOLDERS=... -D WORK=... -P check.cmake: runs classify_text as its users do.
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})

include(${CMAKE_CURRENT_LIST_DIR}/run.cmake)

# Arguments: classes, what decided, the nearest sentence, and a last line with the difference to Python.
run(0 "cls football 1.00, mean football 1.00, max football 1.00, attention football 1.00\n  nearest 0.[0-9]+: .* \\(football\\)\n \
 \\[CLS\\] the striker scored in extra time . \\[SEP\\]\n  .*█.*mean finance .*\n  \\[CLS\\] rates will stay high , the bank said . \\[SEP\\]\n.*\nLargest difference to Python's vectors of 80 committed \
sentences: [0-9.]+e[-+][0-9]+ \\(bound 1e-05\\).\n$" "The striker scored in extra time." "Rates will stay high, the bank said.")

# What the README shows.
file(READ ${DATA}/../../README.md readme)
string(REGEX MATCH "```text\n([^`]*)```" block "${readme}")
set(shown "${CMAKE_MATCH_1}")
run(0 "Largest difference" "He bought shares in a rocket company.")
string(FIND "${output}" "${shown}" position)
if(shown STREQUAL "" OR position EQUAL -1)
  message(SEND_ERROR "README.md shows:\n${shown}What is printed:\n${output}")
endif()

# The topics are named first. As a page: all of their probabilities, shaded tokens, and what a sentence must not be read as.
run(0 "^Is it about astronomy, cooking, finance or football. The darker a token, the more .attention. weighs it.\n\nA goal.\n" "A goal.")
run(0 "^${WORK}/page.html shows 1 sentence\n" --html ${WORK}/page.html "A goal.")
run(0 "^${WORK}/page.html shows 2 sentences\n\n.*Largest" --html ${WORK}/page.html "The striker scored in extra time." "a <b> & c")
file(READ ${WORK}/page.html page)
foreach(words IN ITEMS "<th>cooking</th>" "title=\"mean: football\">1.00</td>" "rgb.240 130 0/100%.[^>]*>striker</span>" "<h2>a &lt;b> &amp. c</h2>" "</html>\n$")
  if(NOT page MATCHES "${words}")
    message(SEND_ERROR "the page has no ${words}:\n${page}")
  endif()
endforeach()
run(1 "nowhere/page.html: could not be written" --html ${WORK}/nowhere/page.html "A goal.")
run(108 "--html excludes --tsv|--tsv excludes --html" --tsv --html ${WORK}/page.html "A goal.")

# At 256 tokens, two of which are not words, it is said that the encoder takes no more; one word less is nothing to say.
string(REPEAT "word " 253 shorter)
string(REPEAT "word " 254 most)
run(0 "256 tokens, the most: what is longer is cut" "${most}")
run(0 "Largest difference" "${shorter}")
if(output MATCHES "is cut")
  message(SEND_ERROR "255 tokens:\n${output}")
endif()

# Lines, as tab-separated values: one batch, one more line than a batch, and every line what it is alone.
foreach(count IN ITEMS 1 32 33)
  file(STRINGS ${DATA}/sentences.tsv lines REGEX "^test" LIMIT_COUNT ${count})
  list(TRANSFORM lines REPLACE "^[^\t]*\t[^\t]*\t" "")
  list(JOIN lines "\n" text)
  file(WRITE ${WORK}/lines "${text}\n")
  run(0 "Largest difference" INPUT ${WORK}/lines --tsv --out ${WORK}/vectors)
  string(REGEX MATCHALL "[^\n]+" rows "${output}")
  list(LENGTH rows length)
  math(EXPR length "${length} - 1")
  if(NOT length EQUAL count OR NOT output MATCHES "^cls\tcls_probability\t.*\tcosine\tnearest\tsentence\n")
    message(SEND_ERROR "${count} lines gave ${length} rows:\n${output}")
  endif()
  # 384 floats a sentence behind a header of less than 300 bytes.
  file(SIZE ${WORK}/vectors size)
  math(EXPR least "${count} * 384 * 4")
  math(EXPR most "${least} + 300")
  if(size LESS least OR size GREATER most)
    message(SEND_ERROR "${count} vectors took ${size} bytes")
  endif()
endforeach()
list(GET lines 32 last_line)
list(GET rows 33 last_row)
run(0 "" --tsv ${last_line})
string(FIND "${output}" "${last_row}" position)
if(position EQUAL -1)
  message(SEND_ERROR "alone:\n${output}in a batch:\n${last_row}")
endif()

# As many as do not fit in a batch, as arguments.
run(0 "" --tsv ${lines})
string(REGEX MATCHALL "[^\n]+" rows_of_arguments "${output}")
if(NOT rows_of_arguments STREQUAL rows)
  message(SEND_ERROR "as arguments:\n${output}")
endif()

# Nothing at all, an empty line, bytes that are no UTF-8, a tab.
run(0 "" --tsv)
if(NOT output MATCHES "^cls\t[^\n]*\tsentence\n$")
  message(SEND_ERROR "no lines:\n${output}")
endif()
file(WRITE ${WORK}/odd "\n\t\nno newline at the end")
run(0 "" INPUT ${WORK}/odd --tsv)
if(NOT output MATCHES "\t\n.*\t \n.*\tno newline at the end\n$")
  message(SEND_ERROR "odd lines:\n${output}")
endif()
execute_process(COMMAND printf "a\\377b\\n" OUTPUT_FILE ${WORK}/bytes)
run(0 "Largest difference" INPUT ${WORK}/bytes)

# Accuracy on sentences that the classifiers have not seen.
run(0 "cls +70 of 80 right, 87.5 %\nmean +74 of 80 .*\nmax +72 of 80 .*\nattention +73 of 80" --evaluate)

# A model's folder: a classifier's labels and probabilities; vectors, which of the encoder's own folder are those that the
# program has without it; and what cannot be.
run(0 "^cls -> Dense 384->384 tanh -> Linear 384->4\n\nThe striker scored in extra time.\n  football 1.00, [^\n]*astronomy 0.00[^\n]*\n\n.*Largest"
  --model ${DATA}/topics-bert "The striker scored in extra time.")
run(0 "^label\tprobability\tsentence\nfootball\t0.99[0-9]+\tA goal.\n$" --model ${DATA}/topics-bert --tsv "A goal." --out ${WORK}/probabilities)
file(STRINGS ${WORK}/probabilities header REGEX "\"probabilities\".*\"shape\":.1,4.")
if(NOT header)
  message(SEND_ERROR "no probabilities [1, 4] were written")
endif()
set(folder ${DATA}/all-MiniLM-L6-v2)
run(0 "^mean -> normalize\n\nA goal.\n  nearest 0.[0-9]+: .* \\(football\\)\n\n.*Largest" --model ${folder} "A goal.")
run(0 "^similarity\tnearest\tsentence\n0.[0-9]+\t.*\tA goal.\n$" --model ${folder} --tsv "A goal.")
string(REGEX MATCH "\n(0.[0-9]+\t[^\t]*\tA goal.)\n$" by_folder "${output}")
run(0 "\t${CMAKE_MATCH_1}\n$" --tsv "A goal.")
run(0 "" --model ${folder} --tsv --out ${WORK}/by_folder ${lines})
run(0 "" --tsv --out ${WORK}/by_default ${lines})
foreach(name IN ITEMS by_folder by_default)  # 384 floats of 33 sentences, behind the header
  file(SIZE ${WORK}/${name} size)
  math(EXPR begin "${size} - 33 * 384 * 4")
  file(READ ${WORK}/${name} ${name} OFFSET ${begin} HEX)
endforeach()
if(NOT by_folder STREQUAL by_default)
  message(SEND_ERROR "The encoder's own folder gives other vectors")
endif()
run(2 "st_dense_tanh: seqpool: hidden states have 384 features, but the model's encoder gives 24" --model ${FOLDERS}/st_dense_tanh "A goal.")
run(2 "sequence_bert: seqpool: hidden states have 384 features" --model ${FOLDERS}/sequence_bert "A goal.")
run(2 "st_prompts: has the default prompt 'document'" --model ${FOLDERS}/st_prompts "A goal.")
run(2 "read the folder as a SequenceClassifier" --model ${FOLDERS}/cross_encoder_one "A goal.")
run(2 "nowhere: there is no such folder" --model ${WORK}/nowhere "A goal.")
run(108 "--model excludes --evaluate" --model ${folder} --evaluate)

# A folder without an encoder: nothing else is needed, and each run compares what is Python's. Its own head, the same in a
# file, and no head; no words at all; a tokenizer that is another.
set(static ${DATA}/topics-static)
run(0 "^table 2963x32 -> mean -> normalize\n\nThe striker scored in extra time.\n  football 0.81, [^\n]*\n\nLargest difference to Python's probabilities \
of 80 committed sentences: [0-9.]+e-0[4-9] .bound 1e-03..\n$" --model ${static} "The striker scored in extra time.")
run(0 "" --model ${static} --tsv --out ${WORK}/probabilities ${lines})
set(by_own_head "${output}")
run(0 "" --model ${static} --head ${static}/linear.safetensors --tsv ${lines})
if(NOT output STREQUAL by_own_head OR NOT output MATCHES "^label\tprobability\tsentence\n")
  message(SEND_ERROR "by the head in a file:\n${output}and by the folder's own:\n${by_own_head}")
endif()
file(COPY ${static} DESTINATION ${WORK})
file(READ ${static}/config.json config)
string(JSON config REMOVE "${config}" head_config)
file(WRITE ${WORK}/topics-static/config.json "${config}")
run(0 "  nearest 0.[0-9]+: The goalkeeper .*football.\n\nLargest difference to Python's vectors of 80 .*e-0[4-9] " --model ${WORK}/topics-static "The striker scored in extra time.")
run(0 "^similarity\tnearest\tsentence\n0.000000\t" --tsv --model ${WORK}/topics-static "☃")
file(WRITE ${WORK}/topics-static/config.json "{}")  # of sentence-transformers, which pools unknown words too
run(0 "^similarity\tnearest\tsentence\n0.[1-9]" --tsv --model ${WORK}/topics-static "☃")
file(READ ${static}/tokenizer.json tokenizer)
string(JSON tokenizer SET "${tokenizer}" model type "\"Unigram\"")
file(WRITE ${WORK}/topics-static/tokenizer.json "${tokenizer}")
run(1 "topics-static/tokenizer.json: its model is 'Unigram', and only 'WordPiece' is understood here" --model ${WORK}/topics-static "A goal.")

# A head of the encoder's vectors, whose labels are in its metadata.
run(2 "seqpool: a head gets vectors of 384 features, but its weight .out, in. is .4, 32." --head ${static}/linear.safetensors "A goal.")
run(1 "its metadata has no 'labels'" --model ${static} --head ${DATA}/topics-sklearn/head.safetensors "A goal.")
run(1 "--head needs vectors, and .*topics-bert is a classifier" --model ${DATA}/topics-bert --head ${static}/linear.safetensors "A goal.")
run(108 "--head excludes --evaluate|--evaluate excludes --head" --head ${static}/linear.safetensors --evaluate)

# One number of Python's vectors changed to 1: the program must see it.
file(COPY ${DATA}/topics.safetensors ${DATA}/text.safetensors ${DATA}/tokenizer.xml ${DATA}/tokenizer.bin DESTINATION ${WORK}/data)
file(SIZE ${WORK}/data/text.safetensors size)
math(EXPR last "${size} - 4")
execute_process(COMMAND printf "\\000\\000\\200\\077" COMMAND dd of=${WORK}/data/text.safetensors bs=1 seek=${last} conv=notrunc ERROR_QUIET)
run(1 "FAILED. Largest difference to Python's vectors of 80 committed sentences: [0-9.]+e[+-]0[01] " --data ${WORK}/data "A goal.")
run(1 "classify_text: .*nowhere/topics.safetensors" --data ${WORK}/nowhere "A goal.")
run(1 "classify_text: .*nowhere" --out ${WORK}/nowhere/vectors "A goal.")

# The other attention poolings, and one that is not trained.
foreach(name IN ITEMS queries additive)
  run(0 "max football 1.00, ${name} football 1.00\n.*█" --attention ${name} "The striker scored in extra time.")
  run(0 "${name} +[67][0-9] of 80 right" --evaluate --attention ${name})
endforeach()
run(105 "--attention: nobody not in" --attention nobody "The striker scored in extra time.")
