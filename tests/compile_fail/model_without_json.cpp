// SPDX-License-Identifier: MIT
#if defined(SEQPOOL_FAIL)
#include <seqpool/model/gliclass.hpp>
#endif

// Model folders hold documents of nlohmann/json, a compiled io or not.
int read_a_folder() { return 0; }
