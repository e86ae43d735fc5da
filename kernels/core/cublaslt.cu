#include "kernels/core/cublaslt.h"

#include "kernels/core/device.cuh"

#if !defined(INNATE_NO_CUBLASLT)
#include <cublasLt.h>
#include <dlfcn.h>

#include <array>
#include <map>
#endif

namespace innate::gemm {

#if defined(INNATE_NO_CUBLASLT)

std::shared_ptr<Library> open_library(Context&) {
  throw Error("precision: library needs cuBLASLt: " INNATE_NO_CUBLASLT);
}

#else

namespace {

#define INNATE_CUBLASLT_FUNCTIONS(X)      \
  X(cublasLtCreate)                       \
  X(cublasLtDestroy)                      \
  X(cublasLtGetStatusString)              \
  X(cublasLtMatmul)                       \
  X(cublasLtMatmulAlgoGetHeuristic)       \
  X(cublasLtMatmulDescCreate)             \
  X(cublasLtMatmulDescDestroy)            \
  X(cublasLtMatmulDescSetAttribute)       \
  X(cublasLtMatmulPreferenceCreate)       \
  X(cublasLtMatmulPreferenceDestroy)      \
  X(cublasLtMatmulPreferenceSetAttribute) \
  X(cublasLtMatrixLayoutCreate)           \
  X(cublasLtMatrixLayoutDestroy)

struct Functions {
#define INNATE_FUNCTION(name) decltype(&::name) name = nullptr;
  INNATE_CUBLASLT_FUNCTIONS(INNATE_FUNCTION)
#undef INNATE_FUNCTION
};

/// The library stays loaded.
Functions load() {
  std::string why_not;
  void* library = nullptr;
  for (const char* name :
       {"libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so", "/usr/local/cuda/lib64/libcublasLt.so"}) {
    if ((library = dlopen(name, RTLD_NOW | RTLD_LOCAL))) break;
    if (why_not.empty()) why_not = dlerror();
  }
  require(library != nullptr, "precision: library needs cuBLASLt: ", why_not);
  Functions found;
#define INNATE_FUNCTION(name)                                                 \
  found.name = reinterpret_cast<decltype(found.name)>(dlsym(library, #name)); \
  require(found.name != nullptr, "precision: library needs cuBLASLt: it has no " #name);
  INNATE_CUBLASLT_FUNCTIONS(INNATE_FUNCTION)
#undef INNATE_FUNCTION
  return found;
}

/// cuBLASLt counts down columns, so that to it C, row-major, is its own transpose: C' (n x m) = B' A'.
class CublasLt : public Library {
 public:
  explicit CublasLt(Context& context) : call_(load()) {
    context.make_current();
    check(call_.cublasLtCreate(&handle_), "cublasLtCreate");
    try {
      factors_ = Buffer<float>(context, {0, 1});
    } catch (...) {
      call_.cublasLtDestroy(handle_);
      throw;
    }
  }
  ~CublasLt() override {
    for (const auto& [key, chosen] : chosen_) release(chosen);
    call_.cublasLtDestroy(handle_);
  }
  CublasLt(const CublasLt&) = delete;

  std::size_t prepare(const Product& p) override { return chosen(p).workspace; }

  void multiply(void* stream, const Product& p, void* workspace) override {
    const Chosen& by = chosen(p);
    if (p.bias) set_bias(by, p.bias);
    const float beta = p.add ? 1.0f : 0.0f;
    const void* factors[] = {&p.alpha, &beta};
    if (p.alpha_at) factors[0] = p.alpha_at, factors[1] = factors_.data() + (p.add ? 1 : 0);
    check(
        call_.cublasLtMatmul(handle_, by.what, factors[0], p.b, by.b, p.a, by.a, factors[1], p.c, by.c, p.c,
                             by.c, &by.algorithm, workspace, by.workspace, static_cast<cudaStream_t>(stream)),
        "cublasLtMatmul");
  }

 private:
  using Key = std::array<int64_t, 6>;
  struct Chosen {
    cublasLtMatmulDesc_t what = nullptr;
    cublasLtMatrixLayout_t a = nullptr, b = nullptr, c = nullptr;
    cublasLtMatmulAlgo_t algorithm{};
    std::size_t workspace = 0;
  };
  static constexpr std::size_t kMostWorkspace = std::size_t{32} << 20;

  void release(const Chosen& chosen) const {
    for (const auto layout : {chosen.a, chosen.b, chosen.c})
      if (layout) call_.cublasLtMatrixLayoutDestroy(layout);
    if (chosen.what) call_.cublasLtMatmulDescDestroy(chosen.what);
  }
  void check(cublasStatus_t status, const char* what) const {
    require(status == CUBLAS_STATUS_SUCCESS, "cuBLASLt: ", what, ": ", call_.cublasLtGetStatusString(status));
  }

  /// 4, 8 or 16 bytes.
  static uint32_t alignment(const void* p) {
    const auto address = reinterpret_cast<uintptr_t>(p) | 16;
    return static_cast<uint32_t>(address & -address);
  }
  static Key key_of(const Product& p) {
    const int64_t flags = (p.transpose_a ? 1 : 0) | (p.transpose_b ? 2 : 0) | (p.add ? 4 : 0) |
                          (p.bias ? 8 : 0) | (p.alpha_at ? 16 : 0);
    const int64_t aligned =
        alignment(p.a) << 24 | alignment(p.b) << 16 | alignment(p.c) << 8 | (p.bias ? alignment(p.bias) : 0);
    return {p.m, p.n, p.k, p.line(), flags, aligned};
  }

  void set_bias(const Chosen& chosen, const float* bias) const {
    set(chosen.what, CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
  }
  template <class T>
  void set(cublasLtMatmulDesc_t what, cublasLtMatmulDescAttributes_t attribute, const T& value) const {
    check(call_.cublasLtMatmulDescSetAttribute(what, attribute, &value, sizeof value),
          "cublasLtMatmulDescSetAttribute");
  }
  template <class T>
  void set(cublasLtMatmulPreference_t to, cublasLtMatmulPreferenceAttributes_t attribute,
           const T& value) const {
    check(call_.cublasLtMatmulPreferenceSetAttribute(to, attribute, &value, sizeof value),
          "cublasLtMatmulPreferenceSetAttribute");
  }

  /// Lines of `line` floats, each a column to cuBLASLt.
  void set_layout(cublasLtMatrixLayout_t* to, int64_t lines, int64_t line, int64_t pitch) const {
    check(call_.cublasLtMatrixLayoutCreate(to, CUDA_R_32F, static_cast<uint64_t>(line),
                                           static_cast<uint64_t>(lines), pitch),
          "cublasLtMatrixLayoutCreate");
  }

  const Chosen& chosen(const Product& p) {
    const auto [found, is_new] = chosen_.try_emplace(key_of(p));
    if (is_new) try {
        choose(p, &found->second);
      } catch (...) {
        release(found->second);
        chosen_.erase(found);
        throw;
      }
    return found->second;
  }

  void choose(const Product& p, Chosen* to) const {
    check(call_.cublasLtMatmulDescCreate(&to->what, CUBLAS_COMPUTE_32F, CUDA_R_32F),
          "cublasLtMatmulDescCreate");
    const cublasOperation_t of_b = p.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N,
                            of_a = p.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N;
    set(to->what, CUBLASLT_MATMUL_DESC_TRANSA, of_b);
    set(to->what, CUBLASLT_MATMUL_DESC_TRANSB, of_a);
    if (p.alpha_at) set(to->what, CUBLASLT_MATMUL_DESC_POINTER_MODE, CUBLASLT_POINTER_MODE_DEVICE);
    if (p.bias) set(to->what, CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_BIAS);
    // The choice looks at how the pointer is aligned: at no more than the key holds.
    if (p.bias) set_bias(*to, reinterpret_cast<const float*>(uintptr_t{alignment(p.bias)}));
    const auto stored = [&](cublasLtMatrixLayout_t* layout, int64_t lines, int64_t line, bool transposed) {
      if (transposed) std::swap(lines, line);
      set_layout(layout, lines, line, line);
    };
    stored(&to->b, p.k, p.n, p.transpose_b);
    stored(&to->a, p.m, p.k, p.transpose_a);
    set_layout(&to->c, p.m, p.n, p.line());

    cublasLtMatmulPreference_t asked = nullptr;
    check(call_.cublasLtMatmulPreferenceCreate(&asked), "cublasLtMatmulPreferenceCreate");
    const std::shared_ptr<void> freed(asked, [this](void* it) {
      call_.cublasLtMatmulPreferenceDestroy(static_cast<cublasLtMatmulPreference_t>(it));
    });
    const uint32_t of_c = alignment(p.c), of_d = p.bias ? std::min(of_c, alignment(p.bias)) : of_c;
    set(asked, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kMostWorkspace);
    set(asked, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignment(p.b));
    set(asked, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignment(p.a));
    set(asked, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, of_c);
    set(asked, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, of_d);
    cublasLtMatmulHeuristicResult_t result{};
    int count = 0;
    check(call_.cublasLtMatmulAlgoGetHeuristic(handle_, to->what, to->b, to->a, to->c, to->c, asked, 1,
                                               &result, &count),
          "cublasLtMatmulAlgoGetHeuristic");
    require(count > 0, "cuBLASLt has no algorithm for a product of ", p.m, " x ", p.k, " and ", p.k, " x ",
            p.n);
    to->algorithm = result.algo, to->workspace = result.workspaceSize;
  }

  Functions call_;
  cublasLtHandle_t handle_ = nullptr;
  Buffer<float> factors_;  // 0 and 1, where they are read on the device
  std::map<Key, Chosen> chosen_;
};

}  // namespace

std::shared_ptr<Library> open_library(Context& context) { return std::make_shared<CublasLt>(context); }

#endif

}  // namespace innate::gemm
