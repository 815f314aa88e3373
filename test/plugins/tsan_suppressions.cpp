// SPDX-License-Identifier: Apache-2.0
// The thread sanitizer does not see how a library that was built without it guards what it makes once: cpp-httplib's
// regular expressions.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "race:libcpp-httplib.so\n"; }
#endif
#endif
