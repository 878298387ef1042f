-- wrk's script: every answer is compared with a file. Arguments: FILE DEPTH, the latter how many requests are sent at once.

local wanted, batch
local threads = {}

-- Global, so that `done` can ask each thread.
answers = 0
wrong = 0

function setup(thread)
   table.insert(threads, thread)
end

function init(args)
   local file = assert(io.open(args[1], "rb"))
   wanted = file:read("*a")
   file:close()
   batch = string.rep(wrk.format(), tonumber(args[2]))
end

function request()
   return batch
end

function response(status, headers, body)
   answers = answers + 1
   if status ~= 200 or body ~= wanted then
      wrong = wrong + 1
   end
end

function done(summary)
   local sums = { answers = 0, wrong = 0 }
   for _, thread in ipairs(threads) do
      for name, sum in pairs(sums) do
         sums[name] = sum + thread:get(name)
      end
   end
   local errors = summary.errors
   local broken = errors.connect + errors.read + errors.write + errors.status + errors.timeout
   print(("answers: %d"):format(sums.answers))
   print(("wrong: %d, broken: %d"):format(sums.wrong, broken))
end
