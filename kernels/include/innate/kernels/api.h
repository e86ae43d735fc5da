// INNATE_API marks what the libraries offer. All else is hidden where they are built as shared libraries.
// Versions 0.x promise no stable ABI: build your program against the version that it runs with.
#pragma once

#define INNATE_API __attribute__((visibility("default")))
