--- count(queue, state, by): notes how many more there are.
--- @include counts
local function count(queue, state, by)
  local states = counts[queue] or {}
  counts[queue] = states
  states[state] = (states[state] or 0) + by
end
