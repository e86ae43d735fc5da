# The target `docs`, where doxygen is installed.
find_program(INNATE_DOXYGEN doxygen)
if(INNATE_DOXYGEN)
  configure_file(${PROJECT_SOURCE_DIR}/docs/Doxyfile.in ${PROJECT_BINARY_DIR}/Doxyfile @ONLY)
  add_custom_target(docs COMMAND ${INNATE_DOXYGEN} ${PROJECT_BINARY_DIR}/Doxyfile
    COMMENT "Writing docs/index.html" VERBATIM)
endif()
