# `cpack -G DEB` for Debian, whose packages bring the libraries that the program needs, and `cpack -G TGZ` for any
# machine with the C library and the C++ run-time of Debian 12 or later: there the others lie in lib/innate.
install(TARGETS innate RUNTIME_DEPENDENCY_SET innate_needs COMPONENT Unspecified)
install(RUNTIME_DEPENDENCY_SET innate_needs
  PRE_EXCLUDE_REGEXES "^(ld-linux.*|lib(c|m|mvec|dl|rt|pthread|resolv|anl|util|stdc\\+\\+|gcc_s|innate_.*))\\.so"
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/innate COMPONENT needs EXCLUDE_FROM_ALL)
# An old-style path is also where the libraries look for what they need themselves.
target_link_options(innate PRIVATE -Wl,--disable-new-dtags)
# Their licences go with them.
install(CODE "set(libraries ${CMAKE_INSTALL_LIBDIR}/innate)\nset(licences ${CMAKE_INSTALL_DOCDIR}/needs)" COMPONENT needs EXCLUDE_FROM_ALL)
install(SCRIPT ${PROJECT_SOURCE_DIR}/cmake/package/licences.cmake COMPONENT needs EXCLUDE_FROM_ALL)

set(CPACK_PACKAGE_NAME innate)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The innate authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_THREADS 0)
set(CPACK_VERBATIM_VARIABLES ON)

# The tarball is made of components, all in one file; the .deb of what `cmake --install` installs.
set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_COMPONENTS_ALL Unspecified needs)
set(CPACK_COMPONENT_INCLUDE_TOPLEVEL_DIRECTORY ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS gnuplot-nox)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "nlohmann-json3-dev, dataset-fashion-mnist")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "A compute engine that trains the genomes of which networks grow, on CPU and CUDA.
The program, its experiments, and the libraries with their headers.")
include(CPack)
