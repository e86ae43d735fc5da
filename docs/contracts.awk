# Shows Doxygen the comments that the headers have, line for line: the one that a file begins with is about the file,
# and one behind a member is about that member. Indented lines (formulas, shapes) keep their layout.
NR == 1 { leading = 1 }
leading && /^#pragma once/ { print "/// @file"; leading = 0; next }
leading && /^\/\//          { sub(/^\/\//, "///"); sub(/^\/\/\/   +/, "///      "); print; next }
/^ *\/\/\/    /             { sub(/\/\/\/   +/, "///      ") }
/;  +\/\/ /                 { sub(/;  +\/\/ /, ";  ///< ") }
{ print }
