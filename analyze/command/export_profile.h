/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOCKTAPE_ANALYZE_COMMAND_EXPORT_PROFILE_H
#define SOCKTAPE_ANALYZE_COMMAND_EXPORT_PROFILE_H

/*
 * Writes the profile for Wireshark into DIR, which is made where it isn't there. A file that is
 * there and isn't ours stays: that is an error. STATUS_DONE, or what to exit with after the user
 * was told why.
 */
int export_profile(const char *command, const char *dir);

#endif
