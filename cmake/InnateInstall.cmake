# What `cmake --install` puts where, and what it takes to build against it: find_package(innate) or pkg-config.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(config ${CMAKE_INSTALL_LIBDIR}/cmake/innate)
foreach(part kernels engine)
  set_target_properties(innate_${part} PROPERTIES EXPORT_NAME ${part} DEFINE_SYMBOL ""
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  target_include_directories(innate_${part} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(innate_${part} INTERFACE cxx_std_17)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${part}/include/innate DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(TARGETS innate_${part} EXPORT innate-${part})
  install(EXPORT innate-${part} NAMESPACE innate:: DESTINATION ${config})
endforeach()
# What static libraries need of CUDA goes with them, so that programs are linked where there is no toolkit.
if(INNATE_HAVE_CUDA AND NOT BUILD_SHARED_LIBS)
  install(FILES ${CUDA_cudart_static_LIBRARY} DESTINATION ${CMAKE_INSTALL_LIBDIR} RENAME libinnate_cudart.a)
endif()
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/package/innateConfig.cmake.in
  ${PROJECT_BINARY_DIR}/package/innateConfig.cmake INSTALL_DESTINATION ${config} NO_SET_AND_CHECK_MACRO
  PATH_VARS CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/innateConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/innateConfig.cmake ${PROJECT_BINARY_DIR}/package/innateConfigVersion.cmake
  DESTINATION ${config})

# pkg-config: static libraries need the others in any case, so `--static` makes no difference.
file(RELATIVE_PATH INNATE_PREFIX_FROM_PKGCONFIG /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
set(INNATE_KERNELS_NEEDS)
if(NOT BUILD_SHARED_LIBS)
  list(JOIN OpenMP_CXX_LIB_NAMES " -l" INNATE_KERNELS_NEEDS)
  set(INNATE_KERNELS_NEEDS "-l${INNATE_KERNELS_NEEDS} -lstdc++ -lm")
  if(INNATE_HAVE_CUDA)
    string(APPEND INNATE_KERNELS_NEEDS " -linnate_cudart -lrt -ldl -lpthread")
  endif()
endif()
foreach(part kernels engine)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/package/innate-${part}.pc.in ${PROJECT_BINARY_DIR}/package/innate-${part}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/package/innate-${part}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

file(RELATIVE_PATH libraries_from_program /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})
set_target_properties(innate PROPERTIES INSTALL_RPATH "$ORIGIN/${libraries_from_program};$ORIGIN/${libraries_from_program}/innate")
set_target_properties(innate_engine PROPERTIES INSTALL_RPATH "$ORIGIN")
install(DIRECTORY ${PROJECT_SOURCE_DIR}/experiments DESTINATION ${CMAKE_INSTALL_DATADIR}/innate FILES_MATCHING PATTERN *.json)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/examples DESTINATION ${CMAKE_INSTALL_DATADIR}/innate)
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/CITATION.cff DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
