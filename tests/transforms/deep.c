/* label: long */
/* A million nodes. */
enum { DEPTH = 1000000 };

#include "transforms/deep.h"
