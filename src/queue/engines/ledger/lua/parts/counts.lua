--- Changes of `counts`, by queue and state, for `answer` to write.
local counts = {}
