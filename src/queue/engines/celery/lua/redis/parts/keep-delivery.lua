--- keep_delivery(t, tag): notes which delivery a run is of.
local function keep_delivery(t, tag)
  if tag then call('HSET', t, 'tag', tag) end
end
