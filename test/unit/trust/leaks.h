/* Leaks of the system's font and drawing libraries, which the leak sanitizer must not lay at our door: fontconfig's
 * patterns, cairo 1.16's font subsets (768 bytes a document), libxml2's refused entities. */
#pragma once

const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\nleak:cairo_surface_finish\nleak:libcairo.so\nleak:xmlParseEntityValue\nleak:libxml2\n";
}

const char *__lsan_default_options(void);

const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}
