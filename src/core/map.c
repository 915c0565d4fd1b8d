/* map.c: a hash map from addresses to integers. */
#include "core/map.h"

#include "core/memory.h"

static struct psi_map_slot *find(const psi_map *map, const void *key)
{
    uint64_t hash = ((uintptr_t)key >> 4) * 0x9e3779b97f4a7c15u;
    int64_t at = (int64_t)(hash >> 20) & (map->capacity - 1);
    while (map->slots[at].key && map->slots[at].key != key)
        at = (at + 1) & (map->capacity - 1);
    return &map->slots[at];
}

static bool grow(psi_map *map)
{
    psi_map bigger = {.capacity = map->capacity ? 2 * map->capacity : 64, .count = map->count};
    bigger.slots = psi_calloc((size_t)bigger.capacity, sizeof *bigger.slots);
    if (!bigger.slots)
        return false;
    for (int64_t i = 0; i < map->capacity; i++)
        if (map->slots[i].key)
            *find(&bigger, map->slots[i].key) = map->slots[i];
    psi_free(map->slots);
    *map = bigger;
    return true;
}

bool psi_map_put(psi_map *map, const void *key, int64_t value, bool *is_new)
{
    if (2 * map->count >= map->capacity && !grow(map))
        return false;
    struct psi_map_slot *slot = find(map, key);
    bool added = !slot->key;
    if (is_new)
        *is_new = added;
    if (added || !is_new)
        slot->value = value;
    map->count += added;
    slot->key = key;
    return true;
}

int64_t psi_map_get(const psi_map *map, const void *key)
{
    if (!map->capacity)
        return -1;
    const struct psi_map_slot *slot = find(map, key);
    return slot->key ? slot->value : -1;
}

void psi_map_free(psi_map *map)
{
    psi_free(map->slots);
    *map = (psi_map){0};
}
