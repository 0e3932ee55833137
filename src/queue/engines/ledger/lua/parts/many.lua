--- many(command, name, values): one command for many values, as many as Lua can pass at once.
local function many(command, name, values)
  for first = 1, #values, 1000 do
    call(command, name, unpack(values, first, math.min(first + 999, #values)))
  end
end
