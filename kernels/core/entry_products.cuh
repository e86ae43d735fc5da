// The products of a room's public entry on CUDA: the i-th of all replicas in one launch. What decides their
// order is decided on the host; on the device a block follows its replica's pointers to one product.
#pragma once

#include "kernels/core/gemm_tensor.cuh"

namespace innate::gemm {

/// The order of contraction that each of up to kReplicas replicas takes, as a kernel's argument.
struct Orders {
  static constexpr int kReplicas = 2048;
  uint8_t packed[kReplicas / 4];

  void set(int replica, int order) {
    uint8_t& byte = packed[replica / 4];
    const int shift = replica % 4 * 2;
    byte = static_cast<uint8_t>((byte & ~(3 << shift)) | order << shift);
  }
  INNATE_HD int operator[](int replica) const { return packed[replica / 4] >> (replica % 4 * 2) & 3; }
};

/// Keeps one of what a room's forward or backward gives one after the other.
template <class Wanted>
struct Pick {
  int number, at = 0;
  Wanted found{};
  INNATE_HD void operator()(const Wanted& one) {
    if (at++ == number) found = one;
  }
  template <class Other>
  INNATE_HD void operator()(const Other&) {}
};

/// Room: Calls, static each(call, visit) that gives the products, and kSums: whether row sums are among them.
template <class Room, class Wanted>
struct EntrySource {
  typename Room::Calls calls;
  Orders orders;
  int first, number;

  template <class Picked>
  INNATE_HD void pick(int replica, bool sizes, Picked& picked) const {
    const auto call = calls.of(first + replica, Room::order(orders[replica]), sizes);
    Room::each(call, [&picked](const auto& one) { picked(one); });
  }
  __device__ Wanted operator()(int replica) const {
    Pick<Wanted> picked{number};
    pick(replica, false, picked);
    return picked.found;
  }
};

/// Launches what the replicas' `number`th ones need; false: none has one.
template <class Source>
bool run_products(cudaStream_t stream, int replicas, int distinct, const Source& source) {
  Blocks blocks;
  for (int i = 0; i < distinct; ++i) {
    Pick<Product> picked{source.number};
    source.pick(i, true, picked);
    blocks.add(picked.found);
  }
  launch_products(stream, replicas, blocks, source);
  return blocks.exact > 0 || blocks.tensor > 0;
}

/// order_of(replica): the order that it takes, as a number.
template <class Room, class OrderOf>
void run_entry(cudaStream_t stream, const typename Room::Calls& calls, int replicas, bool all_alike,
               const OrderOf& order_of) {
  for (int first = 0; first < replicas; first += Orders::kReplicas) {
    const int count = static_cast<int>(smaller(Orders::kReplicas, replicas - first));
    EntrySource<Room, Product> source{calls, {}, first, 0};
    for (int i = 0; i < count; ++i) source.orders.set(i, order_of(first + i));
    const int distinct = all_alike ? 1 : count;
    while (run_products(stream, count, distinct, source)) ++source.number;
    if constexpr (Room::kSums) {
      const EntrySource<Room, RowSum> sums{calls, source.orders, first, 0};
      Pick<RowSum> picked{0};
      sums.pick(0, true, picked);
      if (picked.found.n > 0) each_element<SumRows<64>>(stream, count, picked.found.n, sums);
    }
  }
}

}  // namespace innate::gemm
