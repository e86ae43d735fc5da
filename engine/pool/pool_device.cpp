#include "engine/pool/members.h"

namespace innate::engine {
std::int64_t fast_bytes(const Context&) { return 0; }
std::unique_ptr<PoolMembers> on_device(Context&, std::vector<Replica>, Executor, std::size_t) { return nullptr; }
}  // namespace innate::engine
