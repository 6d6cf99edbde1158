// SPDX-License-Identifier: MIT
#include <cstddef>
#include <filesystem>
#include <map>
#include <seqpool/model/detail/checkpoint.hpp>
#include <seqpool/model/model.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "folder_writer.hpp"
#include "support/catch.hpp"

// What a folder is refused for is named by its cause, and what is not needed is no cause.

using seqpool::model::Error;
using seqpool::model::MultiVectorEncoder;
using seqpool::model::SentenceTransformer;
using seqpool::model::SequenceClassifier;
using seqpool::model::TokenClassifier;
using seqpool::model::detail::Checkpoint;
using seqpool::model::detail::Folder;
using test::FolderWriter;
using test::two_tokens;

namespace {

// What f() is refused for.
template <class F> std::string refusal(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

template <class Model> std::string refusal_by(const FolderWriter& folder) {
  return refusal([&] { static_cast<void>(Model(folder.path())); });
}

const std::string bert =
    R"({"architectures": ["BertForSequenceClassification"], "hidden_size": 3, "num_hidden_layers": Infinity, "a": [-Infinity,NaN]})";

std::vector<FolderWriter::Tensor> bert_tensors(const std::string& prefix = "") {
  return {{prefix + "bert.embeddings.weight", {3}},
          {prefix + "bert.pooler.dense.weight", {3, 3}},
          {prefix + "bert.pooler.dense.bias", {3}},
          {prefix + "classifier.weight", {2, 3}},
          {prefix + "classifier.bias", {2}}};
}

// A safetensors file of a header and as many zero bytes.
std::string safetensors(const std::string& header, std::size_t zeros) {
  std::string length(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(header.size() >> (8 * i) & 0xFFU);
  return length + header + std::string(zeros, '\0');
}

std::string text_of_classifier(const std::string& type) {
  return R"({"bert.layer": {"dtype": ")" + type + R"(", "shape": [2, 4], "data_offsets": [0, 8]},
  "bert.pooler.dense.weight": {"dtype": "F32", "shape": [3, 3], "data_offsets": [8, 44]},
  "bert.pooler.dense.bias": {"dtype": "F32", "shape": [3], "data_offsets": [44, 56]},
  "classifier.weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [56, 80]},
  "classifier.bias": {"dtype": "F32", "shape": [2], "data_offsets": [80, 88]}})";
}

}  // namespace

TEST_CASE("numbers that are not finite are read, and refused only where they are needed", "[model]") {
  FolderWriter folder;
  folder.tensors("model.safetensors", bert_tensors());
  folder.text("config.json", bert);
  CHECK(SequenceClassifier(folder.path()).hidden() == 3);

  folder.text("numbers.json",
              R"({"inf": Infinity, "low": -Infinity,"nan":NaN ,"list": [NaN,1,Infinity], "deep": {"in": [[Infinity]]},
              "tagged": {"__float__": "Infinity"}, "text": "[Infinity, \"NaN, \\", "other": {"__float__": "x"}, "n": 2,
              "no": {"__float__": "NaN", "a": 1}})");
  const auto config = Folder(folder.path()).config("numbers.json");
  CHECK(config.text("text") == "[Infinity, \"NaN, \\");
  CHECK(config.number("n") == 2);
  CHECK(config.is_infinite("inf"));
  CHECK(config.is_infinite("tagged"));
  for (const char* other : {"low", "nan", "text", "other", "n", "no", "list", "none"})
    CHECK_FALSE(config.is_infinite(other));
  for (const auto& named : std::map<std::string, std::string>{
           {"inf", "Infinity"}, {"low", "-Infinity"}, {"nan", "NaN"}, {"tagged", "Infinity"}}) {
    const std::string& key = named.first;
    INFO(key);
    const std::string found = "found " + named.second;
    CHECK_THAT(refusal([&] { static_cast<void>(config.number(key)); }),
               ct::has_substring("key '" + key + "' must be a finite number, " + found));
    CHECK_THAT(refusal([&] { static_cast<void>(config.number(key, 1.0)); }), ct::has_substring(found));
    CHECK_THAT(refusal([&] { static_cast<void>(config.count(key)); }), ct::has_substring(", " + found));
    CHECK_THAT(refusal([&] { static_cast<void>(config.flag(key)); }), ct::has_substring(found));
    CHECK_THAT(refusal([&] { static_cast<void>(config.text(key)); }), ct::has_substring(found));
    CHECK_THAT(refusal([&] { static_cast<void>(config.object(key)); }), ct::has_substring(found));
    CHECK_THAT(refusal([&] { static_cast<void>(config.texts(key)); }), ct::has_substring("must be a list"));
  }
  CHECK_THAT(refusal([&] { static_cast<void>(config.number("other")); }), ct::has_substring("found object"));
  CHECK(config.object("other").text("__float__") == "x");
  CHECK(config.object("no").count("a") == 1);

  // A value, and all of a word: nothing else of what Python refuses is read.
  for (const std::string broken :
       {R"({"a": Infinit})", R"({"a": Infinity1})", R"({"a": NaN NaN})", R"({NaN: 1})", R"({"a" Infinity})", "[NaN,]",
        R"({"a": +Infinity})", R"({"a": --Infinity})", R"({"a": nan})", R"({"a": inf})", R"({"a": "NaN)", "[NaN",
        R"(["a"NaN])", R"([NaN"a"])", R"({"a": - Infinity})"}) {
    INFO(broken);
    folder.text("broken.json", broken);
    CHECK_THAT(refusal([&] { static_cast<void>(Folder(folder.path()).json("broken.json")); }),
               ct::has_substring("broken.json: is not valid JSON"));
  }
  folder.text("top.json", " NaN\n");
  CHECK_THAT(refusal([&] { static_cast<void>(Folder(folder.path()).config("top.json")); }),
             ct::has_substring("expected a JSON object, found NaN"));
  std::string many = "[NaN";
  for (int i = 0; i < 2'000'000; ++i) many += ",NaN";
  folder.text("many.json", many + "]");
  CHECK_THAT(refusal([&] { static_cast<void>(Folder(folder.path()).json("many.json")); }),
             ct::has_substring("many.json: has more numbers that are not finite"));
}

TEST_CASE("an encoder without a limit says 1e30 or Infinity, in the folder of its module", "[model]") {
  FolderWriter folder;
  folder.text("config.json", R"({"architectures": ["BertModel"], "hidden_size": 3})");
  const auto length = [&] { return SentenceTransformer(folder.path()).max_seq_length(); };
  for (const std::string none : {"Infinity", R"({"__float__": "Infinity"})", "1e30", "1e9"}) {
    folder.text("tokenizer_config.json", R"({"model_max_length": )" + none + "}");
    CHECK_FALSE(length());
  }
  folder.text("tokenizer_config.json", R"({"model_max_length": 999999999})");
  CHECK(length() == 999999999);
  folder.text("tokenizer_config.json", R"({"model_max_length": NaN})");
  CHECK_THAT(refusal_by<SentenceTransformer>(folder),
             ct::has_substring("'model_max_length' must be a finite number, found NaN"));
  folder.text("tokenizer_config.json", R"({"model_max_length": 512})");
  folder.text("sentence_bert_config.json", R"({"max_seq_length": Infinity})");
  CHECK(length() == 512);
  folder.text("sentence_bert_config.json", R"({"max_seq_length": 256})");
  CHECK(length() == 256);

  // The module's own folder is asked, and by each name that the file had.
  folder.text("modules.json",
              R"([{"idx": 0, "path": "0_Transformer", "type": "sentence_transformers.models.Transformer"},
              {"idx": 3, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
              {"path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}])");
  folder.text("1_Pooling/config.json", R"({"word_embedding_dimension": 3})");
  CHECK_FALSE(length());
  folder.text("0_Transformer/tokenizer_config.json", R"({"model_max_length": 64})");
  CHECK(length() == 64);
  for (const std::string name : {"wordembedding_config.json", "sentence_roberta_config.json",
                                 "sentence_xlm-roberta_config.json", "sentence_bert_config.json"}) {
    static int tokens = 64;
    folder.text("0_Transformer/" + name, R"({"max_seq_length": )" + std::to_string(++tokens) + "}");
    CHECK(length() == tokens);
    std::filesystem::remove(folder.path("0_Transformer/" + name));
  }
  CHECK(SentenceTransformer(folder.path()).summary() == "mean -> normalize");
  folder.text("modules.json",
              R"([{"idx": 0, "path": "0_Transformer", "type": "sentence_transformers.base.modules.Transformer"}])");
  folder.text("0_Transformer/config.json", R"({"hidden_size": 3})");
  CHECK(MultiVectorEncoder(folder.path()).max_seq_length() == 64);
}

TEST_CASE("a JSON file that is none says what it is", "[model]") {
  FolderWriter folder;
  const auto says = [&](const std::string& content) {
    folder.text("config.json", content);
    return refusal([&] { static_cast<void>(Folder(folder.path()).json("config.json")); });
  };
  const auto is = [](const std::string& kind) {
    return ct::has_substring("config.json: is not valid JSON: the file " + kind);
  };
  CHECK_THAT(says("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"), is("is a pointer of Git LFS"));
  CHECK_THAT(says("<!doctype html>\n<html>"), is("is a page of HTML or XML"));
  CHECK_THAT(says(""), is("has 0 bytes"));
  CHECK_THAT(says("Entry not found"), is("is text that begins with 'Entry not found'"));
  CHECK_THAT(says(std::string("PK\3\4\0\0\0\0", 8)), is("is a Python pickle"));
  CHECK_THAT(says("\x1f\x8b\x08\1\2\3"), is("is compressed"));
  folder.tensors("model.safetensors", bert_tensors());
  CHECK_THAT(says(files::text_of(folder.path("model.safetensors"))), is("is safetensors, which holds weights"));
  // What begins as JSON is told by the place where it ends to be.
  CHECK_THAT(says(R"({"a": })"), ct::has_substring("is not valid JSON (") && ct::has_substring("column 7"));
  CHECK_THAT(says("\n [1, <html>]"), ct::has_substring("is not valid JSON (") && ct::has_substring("line 2"));
  CHECK_THAT(says(std::string("{\0}", 3)), ct::has_substring("is not valid JSON (it holds a zero byte)"));
}

TEST_CASE("a key of an object's object says where it stands", "[model]") {
  FolderWriter folder;
  folder.text("config.json", R"({"modality_config": {"text": {"method": 1}}})");
  const auto config = Folder(folder.path()).config("config.json");
  const auto text = config.object("modality_config").object("text");
  CHECK(refusal([&] { static_cast<void>(text.text("method")); }) ==
        "seqpool: " + folder.path("config.json").string() +
            ": key 'modality_config': key 'text': key 'method' must be a string, found number");
}

TEST_CASE("types that are not read may lie beside a head, and are named where they are one", "[model]") {
  FolderWriter folder;
  folder.text("config.json", bert);
  for (const std::string type : {"F8_E4M3", "F8_E5M2", "F8_E8M0", "F4", "F6_E2M3", "I8", "U64", "C64", "X1"}) {
    folder.text("model.safetensors", safetensors(text_of_classifier(type), 88));
    CHECK(SequenceClassifier(folder.path()).logits(two_tokens())(0, 1) == 0);
    std::string quantized = text_of_classifier("U8");
    quantized.replace(quantized.find("F32", quantized.find("\"classifier.weight")), 3, type);
    folder.text("model.safetensors", safetensors(quantized, 88));
    CHECK(refusal_by<SequenceClassifier>(folder) == "seqpool: " + folder.path("model.safetensors").string() +
                                                        ": tensor 'classifier.weight' is of " + type +
                                                        ", which is not read as weights; F32, F16, BF16 and F64 are");
  }
  for (const std::string type : {"I64", "I32", "U8", "BOOL"}) {
    std::string integers = text_of_classifier("U8");
    const std::size_t at = integers.find(R"(F32", "shape": [2], "data_offsets": [80, 88])");
    const std::string sizes = type == "I64" ? "[1]" : type == "I32" ? "[2]" : "[8]";
    integers.replace(at, 44, type + R"(", "shape": )" + sizes + R"(, "data_offsets": [80, 88])");
    folder.text("model.safetensors", safetensors(integers, 88));
    CHECK_THAT(refusal_by<SequenceClassifier>(folder),
               ct::has_substring("tensor 'classifier.bias' is of " + type + ", which is not read as weights"));
  }
}

TEST_CASE("messages show a path as the user wrote it", "[model]") {
  FolderWriter folder;
  folder.text("config.json", bert).text("model.safetensors", "<html><body>");
  const auto linked = folder.path().parent_path() / "linked";
  std::filesystem::create_directory_symlink(folder.path(), linked);
  for (const auto& path : {folder.path(), linked, folder.path() / "../model"}) {
    const auto starts = [&](const std::string& name) { return "seqpool: " + (path / name).string() + ": "; };
    CHECK(refusal([&] {
            static_cast<void>(SequenceClassifier(path));
          }).starts_with(starts("model.safetensors") + "the file is a page"));
  }
  const std::string header = R"({"probe": {"dtype": "F32", "shape": [1, 1, 2], "data_offsets": [0, 8]}})";
  folder.text("head.safetensors", safetensors(header, 8));
  const auto working = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  CHECK(refusal([] {
          static_cast<void>(seqpool::model::siglip_head("head.safetensors", "", {.heads = 1}));
        }).starts_with("seqpool: head.safetensors: tensor 'attention.in_proj_weight' is missing"));
  CHECK(refusal([] {
          static_cast<void>(seqpool::model::siglip_head("./head.safetensors", "a.", {.heads = 1}));
        }).starts_with("seqpool: ./head.safetensors: tensor 'a.probe' is missing"));
  CHECK(refusal([] { static_cast<void>(Checkpoint::at("no.safetensors")); }) == "seqpool: no.safetensors: is missing");
  std::filesystem::current_path(working);
}

TEST_CASE("a tensor that is there under another name is named, and what to do", "[model]") {
  FolderWriter folder;
  folder.text("config.json", bert);
  const auto says = [&](const std::vector<FolderWriter::Tensor>& tensors) {
    folder.tensors("model.safetensors", tensors);
    return refusal_by<SequenceClassifier>(folder);
  };
  const std::string missing =
      "model.safetensors: tensor 'bert.pooler.dense.weight' is missing, which must be [-1, -1] (-1 is any size); there "
      "is ";
  CHECK_THAT(says(bert_tensors("_orig_mod.")), ct::has_substring(missing + "'_orig_mod.bert.pooler.dense.weight'") &&
                                                   ct::has_substring("model._orig_mod.save_pretrained()"));
  CHECK_THAT(says(bert_tensors("module.")), ct::has_substring(missing + "'module.bert.pooler.dense.weight'") &&
                                                ct::has_substring("model.module.save_pretrained()"));
  CHECK_THAT(says(bert_tensors("base_model.model.")),
             ct::has_substring(missing + "'base_model.model.bert.pooler.dense.weight'") &&
                 ct::has_substring("model.merge_and_unload()"));
  CHECK(says(bert_tensors("student.")).ends_with(missing + "'student.bert.pooler.dense.weight'"));
  CHECK(says(bert_tensors("submodule.")).ends_with(missing + "'submodule.bert.pooler.dense.weight'"));
  auto bare = bert_tensors();
  bare[1].name = "pooler.dense.weight";
  CHECK(says(bare).ends_with(missing + "'pooler.dense.weight'"));
  bare[1].name = "weight";
  CHECK(says(bare).ends_with("(-1 is any size)"));
  bare[1].name = "bert.poolers.dense.weight";
  CHECK(says(bare).ends_with("(-1 is any size)"));
  bare[1].name = "bert.pooler.dense.weight_v";
  CHECK(says(bare).ends_with("(-1 is any size)"));

  auto peft = bert_tensors();
  peft[3].name = "classifier.original_module.weight";
  peft.push_back({"classifier.modules_to_save.default.weight", {2, 3}});
  CHECK_THAT(says(peft), ct::has_substring("tensor 'classifier.weight' is missing") &&
                             ct::has_substring("there is 'classifier.modules_to_save.default.weight', "
                                               "'classifier.original_module.weight': names of PEFT") &&
                             ct::has_substring("model.merge_and_unload()"));
  auto many = bert_tensors();
  many[3].name = "classifier.0.weight";
  for (const std::string i : {"1", "2", "3", "4"}) many.push_back({"classifier." + i + ".weight", {2, 3}});
  CHECK(says(many).ends_with("there is 'classifier.0.weight', 'classifier.1.weight', 'classifier.2.weight', ..."));
}

TEST_CASE("an adapter's folder is refused as one, where its weights would be the head's or the encoder's", "[model]") {
  const auto check = [](const FolderWriter& folder) {
    for (const std::string& message :
         {refusal_by<SequenceClassifier>(folder), refusal_by<TokenClassifier>(folder),
          refusal_by<SentenceTransformer>(folder), refusal_by<MultiVectorEncoder>(folder),
          refusal([&] { static_cast<void>(seqpool::model::gliclass_pooling<float>(folder.path())); })})
      CHECK_THAT(message, ct::has_substring("adapter_config.json: is of an adapter of PEFT") &&
                              ct::has_substring("python3 examples/convert/to_safetensors.py FOLDER") &&
                              ct::has_substring("FOLDER/merged"));
  };
  FolderWriter folder;
  folder.text("adapter_config.json", R"({"peft_type": "LORA"})");
  folder.tensors("adapter_model.safetensors", {{"base_model.model.classifier.weight", {2, 3}}});
  check(folder);
  folder.text("config.json", bert);
  check(folder);
  CHECK_THAT(refusal([&] { static_cast<void>(Checkpoint(Folder(folder.path()))); }),
             ct::has_substring("is of an adapter of PEFT"));
  // A sentence-transformers' adapter is the encoder's, which is yours.
  folder.text("modules.json",
              R"([{"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"},
              {"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])");
  folder.text("1_Pooling/config.json", R"({"word_embedding_dimension": 3, "pooling_mode_cls_token": true})");
  CHECK(SentenceTransformer(folder.path()).summary() == "cls");
}

TEST_CASE("weights in another form are said to be it", "[model]") {
  const auto says = [](const std::string& name) {
    FolderWriter folder;
    folder.text("config.json", bert).text(name, "{}");
    const std::string message = refusal_by<SequenceClassifier>(folder);
    CHECK(message.starts_with("seqpool: " + folder.path(name).string() + ": "));
    return message;
  };
  const std::string command = "python3 examples/convert/to_safetensors.py FOLDER (in seqpool's repository) writes";
  CHECK_THAT(says("pytorch_model.bin"), ct::has_substring("is a Python pickle, which is not read; " + command));
  CHECK_THAT(says("pytorch_model.bin.index.json"),
             ct::has_substring("names Python pickles, which are not read; " + command));
  for (const std::string name :
       {"onnx/model.onnx", "model.onnx", "onnx/model_int8.onnx", "openvino/openvino_model.xml", "openvino_model.xml"})
    CHECK_THAT(says(name), ct::has_substring("has no head left to read") &&
                               ct::has_substring("read the folder of the model that was exported"));
  CHECK_THAT(says("tf_model.h5"), ct::has_substring("is of TensorFlow or Flax"));
  CHECK_THAT(says("flax_model.msgpack"), ct::has_substring("from_flax=True"));
  CHECK_THAT(says("model-q4.gguf"), ct::has_substring("is GGUF, of llama.cpp"));
  FolderWriter llama;
  llama.text("b.gguf", "GGUF").text("a.gguf", "GGUF");
  CHECK_THAT(refusal_by<SequenceClassifier>(llama), ct::has_substring("model/a.gguf: is GGUF"));
  CHECK_THAT(refusal_by<SentenceTransformer>(llama), ct::has_substring("model/a.gguf: is GGUF"));
  CHECK_THAT(refusal_by<MultiVectorEncoder>(llama), ct::has_substring("model/a.gguf: is GGUF"));
  FolderWriter graph;
  graph.text("model.onnx", "");
  CHECK_THAT(refusal_by<SequenceClassifier>(graph), ct::has_substring("model.onnx: is an exported graph"));
  CHECK_THAT(refusal_by<SentenceTransformer>(graph), ct::has_substring("model.onnx: is an exported graph"));
  graph.tensors("model.safetensors", bert_tensors());
  CHECK(refusal_by<SequenceClassifier>(graph) ==
        "seqpool: " + graph.path("config.json").string() +
            ": is missing; a model's folder is what save_pretrained() or save() wrote");
  FolderWriter none;
  none.text("config.json", bert);
  CHECK(refusal_by<SequenceClassifier>(none) ==
        "seqpool: " + none.path("model.safetensors").string() + ": is missing, and so is model.safetensors.index.json");
}

TEST_CASE("what is no folder of a multi-vector model is named, and how to make one", "[model]") {
  const std::string remedy = "MultiVectorEncoder(name).save(folder)";
  FolderWriter bare;
  bare.text("config.json", R"({"architectures": ["BertModel"], "hidden_size": 3})");
  CHECK_THAT(refusal_by<MultiVectorEncoder>(bare),
             ct::has_substring("modules.json: is missing") && ct::has_substring(remedy));
  bare.text("config_sentence_transformers.json", R"({"model_type": "CrossEncoder"})");
  CHECK_THAT(refusal_by<MultiVectorEncoder>(bare), ct::has_substring("read the folder as a SequenceClassifier"));
  FolderWriter images;
  images.text("config.json", R"({"architectures": ["ColNewForRetrieval"]})");
  CHECK_THAT(refusal_by<MultiVectorEncoder>(images),
             ct::has_substring("config.json names no class whose vectors are known, which are 'HF_ColBERT', "
                               "'ColModernVBertForRetrieval', 'ColPaliForRetrieval'"));
  FolderWriter bge;
  bge.text("config.json", R"({"architectures": ["XLMRobertaModel"], "hidden_size": 3})")
      .text("colbert_linear.pt", "PK");
  CHECK_THAT(refusal_by<MultiVectorEncoder>(bge),
             ct::has_substring("colbert_linear.pt: is a Python pickle, which is not read; "
                               "python3 examples/convert/to_safetensors.py FOLDER (in seqpool's repository) writes the "
                               "same as safetensors beside it"));
  for (const std::string settings : {R"({"model_type": "ColBERT"})", R"({"similarity_fn_name": "MaxSim"})"}) {
    FolderWriter pylate;
    pylate.text("config_sentence_transformers.json", settings);
    pylate.text("modules.json", R"([{"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"}])");
    CHECK_THAT(refusal_by<SentenceTransformer>(pylate), ct::has_substring("read the folder as a MultiVectorEncoder"));
  }
}

TEST_CASE("a folder for another class says which reads it", "[model]") {
  FolderWriter folder;
  const auto of = [&](const std::string& name) -> const FolderWriter& {
    return folder.text("config.json", R"({"architectures": [")" + name + R"("], "hidden_size": 3})");
  };
  CHECK_THAT(refusal_by<SequenceClassifier>(of("CLIPModel")), ct::has_substring("; an ImageTextModel reads it"));
  CHECK_THAT(refusal_by<TokenClassifier>(of("SiglipModel")), ct::has_substring("; an ImageTextModel reads it"));
  for (const std::string name : {"HF_ColBERT", "ColPaliForRetrieval"})
    CHECK_THAT(refusal_by<SequenceClassifier>(of(name)), ct::has_substring("; a MultiVectorEncoder reads it"));
  CHECK_THAT(refusal_by<SentenceTransformer>(of("HF_ColBERT")),
             ct::has_substring("config.json: key 'architectures' is 'HF_ColBERT'") &&
                 ct::has_substring("read the folder as a MultiVectorEncoder"));
  for (const std::string name : {"BertModel", "BertForSequenceClassification"})
    CHECK(refusal_by<SentenceTransformer>(of(name)) == "nothing");
  CHECK_THAT(refusal_by<SequenceClassifier>(of("BertModel")), !ct::has_substring("reads it"));
}

TEST_CASE("SetFit's head beside its modules is named, and what makes classes of it", "[model]") {
  FolderWriter folder;
  folder.text("modules.json",
              R"([{"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"},
              {"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])");
  folder.text("1_Pooling/config.json", R"({"word_embedding_dimension": 3, "pooling_mode_mean_tokens": true})");
  CHECK_THAT(refusal_by<SequenceClassifier>(folder), ct::has_substring("gives a vector and no 'scores'"));
  const auto says = [&] {
    const std::string message = refusal_by<SequenceClassifier>(folder);
    CHECK_THAT(message,
               ct::has_substring("read the folder as a SentenceTransformer, and map its vectors by a Linear") &&
                   ct::has_substring("docs/from-a-model-folder.md"));
    return message;
  };
  folder.text("model_head.pkl", "\x80");
  CHECK_THAT(says(), ct::has_substring("model_head.pkl: is SetFit's head") &&
                         ct::has_substring("python3 examples/convert/to_safetensors.py --trust-pickle"));
  CHECK(SentenceTransformer(folder.path()).summary() == "mean");
  // The converter has written it.
  folder.tensors("model_head.safetensors", {{"weight", {1, 3}}, {"bias", {1}}});
  CHECK_THAT(says(), ct::has_substring("model_head.safetensors: is SetFit's head") && !ct::has_substring("pickle"));
}

TEST_CASE("logits of a bare masked language model are told to be a SPLADE's", "[model]") {
  FolderWriter folder;
  const auto says = [&](const std::string& name, const std::string& sizes, seqpool::Index features) {
    folder.text("config.json", R"({"architectures": [")" + name + "\"], " + sizes + "}");
    const SentenceTransformer model(folder.path());
    CHECK(model.summary() == "mean");
    Eigen::Tensor<float, 3> x(1, 2, features);
    x.setZero();
    try {
      static_cast<void>(model.embed(x));
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  const std::string sizes = R"("hidden_size": 3, "vocab_size": 7)";
  for (const std::string name : {"BertForMaskedLM", "DistilBertForMaskedLM"}) {
    CHECK_THAT(says(name, sizes, 7), ct::has_substring("hidden states have 7 features") &&
                                         ct::has_substring("the mean of 3 is taken") &&
                                         ct::has_substring("hand over last_hidden_state") &&
                                         ct::has_substring("SparseEncoder(name).save(folder)"));
    CHECK(says(name, sizes, 3) == "nothing");
    CHECK_THAT(says(name, sizes, 4), ct::has_substring("4 features, but the model's encoder gives 3"));
    CHECK(says(name, R"("hidden_size": 3, "vocab_size": 3)", 3) == "nothing");
  }
  for (const int features : {0, 7})
    CHECK_THAT(says("BertModel", sizes, features),
               ct::has_substring(std::to_string(features) + " features, but the model's encoder gives 3"));
}

TEST_CASE("an architecture that is not known names the nearest", "[model]") {
  const auto says = [](const std::string& name, const std::string& more = "") {
    FolderWriter folder;
    folder.text("config.json", R"({"architectures": [")" + name + R"("], "hidden_size": 3)" + more + "}");
    const std::string message = refusal_by<SequenceClassifier>(folder);
    CHECK(message.size() < 500);
    CHECK_THAT(message, ct::has_substring("docs/from-a-model-folder.md"));
    return message;
  };
  const auto nearest = [](const std::string& name) { return ct::has_substring("understood is '" + name + "'"); };
  CHECK_THAT(says("BertForMaskedLM"), nearest("BertForSequenceClassification"));
  CHECK_THAT(says("Qwen2VLForSequenceClassification"), nearest("Qwen2ForSequenceClassification"));
  CHECK_THAT(says("XLMRobertaXXLForSequenceClassification"), nearest("XLMRobertaXLForSequenceClassification"));
  CHECK_THAT(says("JBertForSequenceClassification", R"(, "auto_map": {"AutoModel": "a--b.C"})"),
             nearest("BertForSequenceClassification") && ct::has_substring("auto_map says"));
  CHECK_THAT(says("BertModel"), !ct::has_substring("auto_map"));
  CHECK_THAT(says("RobertaForTokenClassification"),
             nearest("RobertaForSequenceClassification") && ct::has_substring("a TokenClassifier reads it"));
  CHECK_THAT(says(std::string(100'000, 'x')), ct::has_substring("xxx...', which"));
  FolderWriter none;
  none.text("config.json", R"({"hidden_size": 3, "model_type": "bert"})");
  CHECK_THAT(refusal_by<SequenceClassifier>(none),
             ct::has_substring("'architectures' is missing, which says the class that saved the model"));
  none.text("config.json", R"({"architectures": ["BertForSequenceClassification"], "hidden_size": 3})");
  CHECK_THAT(refusal_by<TokenClassifier>(none), ct::has_substring("a SequenceClassifier reads it"));
}
