import { testLessons } from "./graders.ts";

testLessons("09", "15");
