# Copies the licence of each library that was installed into `libraries` to `licences`, as the Debian package that it
# came from states it.
file(GLOB files $ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/${libraries}/*)
foreach(file ${files})
  get_filename_component(name ${file} NAME)
  execute_process(COMMAND dpkg-query -S "*/${name}" OUTPUT_VARIABLE owner ERROR_QUIET)
  string(REGEX MATCH "^[^:,]+" owner "${owner}")
  set(licence /usr/share/doc/${owner}/copyright)
  if(owner AND EXISTS ${licence})
    configure_file(${licence} $ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/${licences}/${owner} COPYONLY)
  else()
    message(WARNING "no licence found for ${name}")
  endif()
endforeach()
