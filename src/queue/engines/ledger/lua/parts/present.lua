--- present(keys): how many of them are there, asked once for all.
local function present(keys)
  local found = 0
  for first = 1, #keys, 1000 do found = found + call('EXISTS', unpack(keys, first, math.min(first + 999, #keys))) end
  return found
end
