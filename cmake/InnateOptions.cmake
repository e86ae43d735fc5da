# Flags that every target shares, in the interface target innate_options.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_CUDA_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(innate_options INTERFACE)
target_include_directories(innate_options INTERFACE ${PROJECT_SOURCE_DIR})
# -Wno-restrict: g++ 12 gives that warning for correct uses of std::string (GCC bug 105651).
# One rounding where the source says fma, two where it says a * b + c: on every compiler and target.
target_compile_options(innate_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wno-restrict -ffp-contract=off>
  $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra,-ffp-contract=off -fmad=false --expt-relaxed-constexpr>)
if(INNATE_WERROR)
  target_compile_options(innate_options INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Werror> $<$<COMPILE_LANGUAGE:CUDA>:-Werror=all-warnings -Xcompiler=-Werror>)
endif()
if(INNATE_SANITIZE)
  target_compile_options(innate_options INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${INNATE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all>)
  target_link_options(innate_options INTERFACE -fsanitize=${INNATE_SANITIZE})
endif()
