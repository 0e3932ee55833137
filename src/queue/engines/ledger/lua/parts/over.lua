--- The states that a task never leaves by itself.
local over = { succeeded = true, failed = true, cancelled = true, expired = true }
