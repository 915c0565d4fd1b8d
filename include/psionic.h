/* psionic.h: the whole public interface. */
#ifndef PSIONIC_H
#define PSIONIC_H

#include <psionic/types.h>

#include <psionic/array.h>
#include <psionic/compile.h>
#include <psionic/device.h>
#include <psionic/error.h>
#include <psionic/io.h>
#include <psionic/ops.h>
#include <psionic/scope.h>
#include <psionic/transforms.h>
#include <psionic/tree.h>
#include <psionic/version.h>

#endif
