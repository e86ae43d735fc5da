# Writes a header with the compiler and an id that changes when a source, the compiler or its flags do.
file(GLOB_RECURSE sources ${FOLDER}/kernels/* ${FOLDER}/engine/* ${FOLDER}/host/*)
list(SORT sources)
set(all "${COMPILER} ${CUDA} ${HIGHWAY} ${FLAGS}")
foreach(source ${sources})
  file(SHA256 ${source} digest)
  file(RELATIVE_PATH name ${FOLDER} ${source})
  string(APPEND all "\n${name} ${digest}")
endforeach()
string(SHA256 id "${all}")
string(SUBSTRING ${id} 0 16 id)
file(WRITE ${OUT} "#pragma once
#define INNATE_COMPILER \"${COMPILER}\"
#define INNATE_CUDA_VERSION \"${CUDA}\"
#define INNATE_HIGHWAY_VERSION \"${HIGHWAY}\"
#define INNATE_BUILD_ID \"${VERSION}-${id}\"
")
