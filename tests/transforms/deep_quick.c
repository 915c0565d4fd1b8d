/* As many nodes as overflow the small stack when anything recurses. */
enum { DEPTH = 20000 };

#include "transforms/deep.h"
