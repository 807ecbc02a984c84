import { testLessons } from "./graders.ts";

testLessons("01", "04");
