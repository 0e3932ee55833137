--- is_second(tag, known): whether the message of a task that runs is another one than the run is of.
local function is_second(tag, known) return tag and known and tag ~= known end
