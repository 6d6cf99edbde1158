// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/modules.hpp>

namespace seqpool::inline SEQPOOL_ABI::model::detail {

// As in Python, a mapping of a task and a modality comes before a route's name, and a name before the default. The
// pairs are written as Python writes them: "('query', None)".
inline std::string chosen_route(const Config& config, const Config& routes, const std::string& asked) {
  const Config parameters = config.object("parameters");
  parameters.refuse_others({"default_route", "allow_empty_key", "route_mappings"});
  std::string name = !asked.empty() ? asked : routes.has("text") ? "text" : parameters.text("default_route", "");
  // Before 5.0 there was no default, and Python takes the first.
  if (name.empty() && parameters.flag("allow_empty_key", true) && !routes.members().empty())
    name = config.find("structure")->elements().front().text();
  const Config mappings = parameters.object("route_mappings", Config(config.file()));
  const std::string task = asked.empty() ? "None" : "'" + asked + "'";
  for (const std::string modality : {"None", "'text'"})
    for (const auto& [key, route] : mappings.members()) {
      std::string pair = key;
      std::erase(pair, ' ');
      std::replace(pair.begin(), pair.end(), '"', '\'');
      if (pair == "(" + task + "," + modality + ")") name = route.text();
    }
  std::vector<std::string_view> names;
  for (const auto& [known, modules] : routes.members()) names.push_back(known);
  if (!routes.has(name))
    config.refuse("structure",
                  {(name.empty() ? "has no default route" : "has no route '" + io::detail::excerpt(name) + "'"),
                   "; SentenceTransformer(folder, {.route = ...}) chooses one of ",
                   io::detail::excerpt(quoted_list(names), 400)});
  return name;
}

// The modules of a folder in order. A Router in front is replaced by the modules of one of its routes: `route` is the
// route's name or a task that the folder maps to it; without `route` it is the one that Python takes for a text.
[[nodiscard]] inline std::vector<Module> routed_modules(const Folder& folder, const std::string& route) {
  std::vector<Module> modules = read_modules(folder);
  const Module router = modules.front();
  if (!router.is_own || (router.type != "Router" && router.type != "Asym")) {
    if (!route.empty()) detail::refuse(router.where, {"is no Router, of whose routes one could be chosen"});
    return modules;
  }
  const bool is_old = !router.folder.has("router_config.json");
  const Config config = router.folder.config(is_old ? "config.json" : "router_config.json");
  config.refuse_others({"types", "structure", "parameters"});
  const Config routes = config.object("structure");
  const Config types = config.object("types");
  std::vector<Module> result;
  const std::string name = chosen_route(config, routes, route);
  const std::vector<std::string> ids = routes.texts(name);
  if (ids.empty() || ids.size() > most_modules)
    routes.refuse(name, {"has ", ids.size(), " modules, expected 1 to ", most_modules});
  for (const std::string& id : ids)
    result.push_back(read_module(types, id, router.folder, id,
                                 "module '" + io::detail::excerpt(id) + "' of " + config.file(), result.empty()));
  result.insert(result.end(), modules.begin() + 1, modules.end());
  return result;
}

}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
