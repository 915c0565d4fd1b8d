/* map.h: a hash map from addresses to integers. Open addressing; no removal. */
#ifndef PSI_CORE_MAP_H
#define PSI_CORE_MAP_H

#include <stdbool.h>
#include <stdint.h>

typedef struct psi_map {
    struct psi_map_slot {
        const void *key;
        int64_t value;
    } * slots;
    int64_t count, capacity; /* capacity is a power of two, or 0 */
} psi_map;

/* Sets the key's value; *is_new (may be NULL) says whether the key was added, and an existing key keeps its value when
 * is_new is given. False with out_of_memory recorded. */
bool psi_map_put(psi_map *map, const void *key, int64_t value, bool *is_new);
/* The key's value, or -1. */
int64_t psi_map_get(const psi_map *map, const void *key);
void psi_map_free(psi_map *map);

#endif
