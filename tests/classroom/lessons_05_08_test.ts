import { testLessons } from "./graders.ts";

testLessons("05", "08");
