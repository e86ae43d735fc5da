// How many CPU threads this process may use.
#pragma once

namespace innate::host {

/// What affinity and the control group's CPU quota allow, at least 1.
int allowed_threads();

}  // namespace innate::host
